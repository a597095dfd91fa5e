#include "datasets/formats/csv.h"

#include <utility>

#include "backbone/config/error.h"

namespace multipole {

namespace {

class CsvParser {
 public:
  CsvParser(std::string_view text, const std::string& name) : text_(text), name_(name) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  std::vector<CsvRow> parse() {
    std::vector<CsvRow> rows;
    while (position_ < text_.size()) {
      if (take_line_end()) continue;
      rows.push_back(parse_row());
      const size_t expected = rows.front().fields.size(), found = rows.back().fields.size();
      if (found != expected) {
        fail(rows.back().line, std::to_string(found) + " fields, but the first line has " + std::to_string(expected));
      }
    }
    return rows;
  }

 private:
  [[noreturn]] void fail(int64_t line, const std::string& reason) const {
    throw ConfigError(name_ + " line " + std::to_string(line) + ": " + reason);
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
      if (text_[position_] != ',') fail(line_, "text behind the closing quote of a field");
      ++position_;
    }
  }

  std::string parse_plain() {
    const size_t end = std::min(text_.find_first_of(",\r\n", position_), text_.size());
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
  size_t position_ = 0;
  int64_t line_ = 1;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name) { return CsvParser(text, name).parse(); }

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
