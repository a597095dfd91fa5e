#include "datasets/formats/csv.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"

namespace multipole {

namespace {

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

class CsvParser {
 public:
  CsvParser(std::string_view text, const std::string& name, char delimiter)
      : text_(without_byte_order_mark(text)), name_(name), delimiter_(delimiter), plain_end_{delimiter, '\r', '\n'} {
    if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff")) {
      fail(line_, "UTF-16 text; save the file as UTF-8");
    }
  }

  std::vector<CsvRow> parse() {
    std::vector<CsvRow> rows;
    while (position_ < text_.size()) {
      if (take_line_end()) continue;
      rows.push_back(parse_row());
      const size_t expected = rows.front().fields.size(), found = rows.back().fields.size();
      if (found != expected) {
        fail(rows.back().line, std::to_string(found) + " fields, but the first line has " + std::to_string(expected) +
                                   advice_on_fields());
      }
    }
    return rows;
  }

 private:
  [[noreturn]] void fail(int64_t line, const std::string& reason) const {
    throw ConfigError(name_ + " line " + std::to_string(line) + ": " + reason);
  }

  std::string advice_on_fields() const {
    if (delimiter_ == ',') return "";
    const std::string shown = delimiter_ == '\t' ? "a tab" : std::string("'") + delimiter_ + "'";
    return "; they are separated by " + shown + " as in the first line, and a field that holds one must be quoted";
  }

  bool at_end() const { return position_ == text_.size(); }

  bool take_line_end() {
    const std::string_view rest = text_.substr(position_);
    const size_t length = rest.starts_with('\n') ? 1 : rest.starts_with("\r\n") ? 2 : 0;
    position_ += length;
    line_ += length > 0 ? 1 : 0;
    return length > 0;
  }

  CsvRow parse_row() {
    CsvRow row{.line = line_, .fields = {}};
    while (true) {
      row.fields.push_back(!at_end() && text_[position_] == '"' ? parse_quoted() : parse_plain());
      if (at_end() || take_line_end()) return row;
      if (text_[position_] != delimiter_) fail(line_, "text behind the closing quote of a field");
      ++position_;
    }
  }

  std::string parse_plain() {
    const size_t end = std::min(text_.find_first_of(plain_end_, position_), text_.size());
    const std::string_view field = text_.substr(position_, end - position_);
    if (field.find('"') != field.npos) fail(line_, "a quote inside a field that does not begin with one");
    check_bytes(field);
    position_ = end;
    if (!at_end() && text_[end] == '\r' && !text_.substr(end).starts_with("\r\n")) {
      fail(line_, "a carriage return outside of quotes that ends no line");
    }
    return std::string(field);
  }

  std::string parse_quoted() {
    const int64_t first_line = line_;
    std::string field;
    ++position_;
    while (true) {
      const size_t quote = text_.find('"', position_);
      if (quote == text_.npos) fail(first_line, "a quote that is never closed");
      const std::string_view part = text_.substr(position_, quote - position_);
      check_bytes(part);
      for (const char c : part) line_ += c == '\n' ? 1 : 0;
      field += part;
      position_ = quote + 1;
      if (at_end() || text_[position_] != '"') return field;
      field += '"';
      ++position_;
    }
  }

  void check_bytes(std::string_view field) const {
    if (field.find('\0') != field.npos) fail(line_, "a NUL byte; the file is no CSV text");
  }

  std::string_view text_;
  const std::string& name_;
  char delimiter_;
  std::string plain_end_;  // characters that end a field without quotes
  size_t position_ = 0;
  int64_t line_ = 1;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name, char delimiter) {
  return CsvParser(text, name, delimiter).parse();
}

char csv_delimiter(std::string_view text) {
  constexpr std::string_view kDelimiters = ",;\t";
  text = without_byte_order_mark(text);
  const size_t begin = std::min(text.find_first_not_of("\r\n"), text.size());
  std::array<size_t, kDelimiters.size()> counts = {};
  bool quoted = false;
  for (size_t i = begin; i < text.size() && (quoted || (text[i] != '\r' && text[i] != '\n')); ++i) {
    if (text[i] == '"') quoted = !quoted;
    const size_t place = quoted ? kDelimiters.npos : kDelimiters.find(text[i]);
    if (place != kDelimiters.npos) ++counts[place];
  }
  return kDelimiters[static_cast<size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace multipole
