// Comma-separated values by RFC 4180: fields may be quoted, a quoted field may hold commas, line ends and doubled
// quotes. Lines end with LF or CRLF, a UTF-8 byte-order mark is skipped, and so are empty lines. Bytes are kept as they
// are. Spreadsheets of many countries write semicolons or tabs for the commas: the caller says which.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace multipole {

struct CsvRow {
  int64_t line = 0;  // where the row begins, from 1
  std::vector<std::string> fields;
};

// What separates the fields: of comma, semicolon and tab the one that stands most often in the first line that is not
// empty, outside of quotes; the comma where there is none.
char csv_delimiter(std::string_view text);

// Throws ConfigError "NAME line N: reason": a quote that is never closed, text around a quoted field, a quote inside an
// unquoted one, a lone carriage return, a NUL byte, UTF-16, or a row whose number of fields is not the first one's.
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name, char delimiter = ',');

// A field, quoted where it has to be.
std::string csv_field(std::string_view text);

}  // namespace multipole
