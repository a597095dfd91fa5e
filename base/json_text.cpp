#include "base/json_text.h"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace multipole {
namespace {

// What stands for a byte while the parser, which takes no lone surrogate, reads the text: a NUL and the byte's two
// digits. A NUL of the text itself becomes one with the digits 00.
constexpr std::string_view kMark = "\\u0000";

void append_hex(std::string& text, int byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  text += {kDigits[byte >> 4 & 15], kDigits[byte & 15]};
}

// How many bytes the UTF-8 character at the beginning of `text` has (the Unicode Standard, table 3-7); 0 for none.
size_t character_size(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const int first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !continues(1)) return 0;
  if (first < 0xe0) return 2;
  // overlong forms, surrogates, and what lies beyond U+10FFFF
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || !continues(2)) return 0;
  if (first < 0xf0) return 3;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f) || !continues(3)) return 0;
  return 4;
}

class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void write(const Json& value) {
    if (value.is_string()) {
      write_string(value.get_ref<const std::string&>());
    } else if (value.is_object() && !value.empty()) {
      write_items("{}", value, [&](const auto& item) {
        write_string(item.key());
        text_ += indent_ < 0 ? ":" : ": ";
        write(item.value());
      });
    } else if (value.is_array() && !value.empty()) {
      write_items("[]", value, [&](const auto& item) { write(item.value()); });
    } else {
      text_ += value.dump();
    }
  }
  std::string take() { return std::move(text_); }

 private:
  template <class WriteItem>
  void write_items(const char* brackets, const Json& value, WriteItem write_item) {
    text_ += brackets[0];
    ++depth_;
    bool is_first = true;
    for (const auto& item : value.items()) {
      if (!is_first) text_ += ',';
      is_first = false;
      begin_line();
      write_item(item);
    }
    --depth_;
    begin_line();
    text_ += brackets[1];
  }

  void begin_line() {
    if (indent_ >= 0) text_.append("\n").append(static_cast<size_t>(indent_ * depth_), ' ');
  }

  void write_string(std::string_view string) {
    text_ += '"';
    while (!string.empty()) {
      size_t valid = 0;
      while (valid < string.size()) {
        const size_t size = character_size(string.substr(valid));
        if (size == 0) break;
        valid += size;
      }
      const std::string quoted = Json(std::string(string.substr(0, valid))).dump();
      text_.append(quoted, 1, quoted.size() - 2);
      if (valid < string.size()) {
        text_ += "\\udc";
        append_hex(text_, static_cast<uint8_t>(string[valid++]));
      }
      string.remove_prefix(valid);
    }
    text_ += '"';
  }

  int indent_;
  int depth_ = 0;
  std::string text_;
};

// The 16 bits of an escape \uXXXX at the beginning of `text`; -1 where there is none.
int escaped_unit(std::string_view text) {
  if (text.size() < 6 || text.substr(0, 2) != "\\u") return -1;
  int unit = 0;
  for (const char digit : text.substr(2, 4)) {
    const int lower = digit | 0x20;
    const bool is_letter = lower >= 'a' && lower <= 'f';
    if (!is_letter && (digit < '0' || digit > '9')) return -1;
    unit = unit * 16 + (is_letter ? lower - 'a' + 10 : digit - '0');
  }
  return unit;
}

// Lone surrogates that stand for bytes as marks; everything else as it is.
std::string with_marks(std::string_view text) {
  std::string marked;
  bool after_high = false;  // the escape before is the first half of a pair
  while (!text.empty()) {
    const int unit = escaped_unit(text);
    const size_t size = unit >= 0 ? 6 : text.front() == '\\' && text.size() > 1 ? 2 : 1;
    if (unit == 0 || (unit >= 0xdc80 && unit <= 0xdcff && !after_high)) {
      marked += kMark;
      append_hex(marked, unit & 0xff);
    } else {
      marked += text.substr(0, size);
    }
    after_high = unit >= 0xd800 && unit <= 0xdbff;
    text.remove_prefix(size);
  }
  return marked;
}

std::string without_marks(const std::string& string) {
  std::string bytes;
  for (size_t i = 0; i < string.size(); ++i) {
    if (string[i] != '\0') {
      bytes += string[i];
      continue;
    }
    bytes += static_cast<char>(std::stoi(string.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return bytes;
}

void remove_marks(Json& value) {
  if (value.is_string()) {
    value = without_marks(value.get_ref<const std::string&>());
  } else if (value.is_object()) {
    Json restored = Json::object();
    for (auto& item : value.items()) {
      remove_marks(item.value());
      restored[without_marks(item.key())] = std::move(item.value());
    }
    value = std::move(restored);
  } else if (value.is_array()) {
    for (auto& item : value) remove_marks(item);
  }
}

}  // namespace

std::string json_text(const Json& value, int indent) {
  Writer writer(indent);
  writer.write(value);
  return writer.take();
}

Json parse_json_text(std::string_view text, const std::string& source) {
  const std::string marked = with_marks(text);
  Json value = parse_json(marked, source);
  if (marked.find(kMark) != marked.npos) remove_marks(value);
  return value;
}

}  // namespace multipole
