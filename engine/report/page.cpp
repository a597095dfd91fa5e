#include "engine/report/page.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/report/page_style.h"

namespace multipole {
namespace {

// Bytes of a file's name that stay together at its end: the ending and what tells one of a series from the next.
constexpr size_t kTail = 12, kLongestTail = 16;

bool is_continuation_byte(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Where the end of a file's name begins that must not be torn: behind its last separator, where that is near enough.
size_t tail_begin(const std::string& name) {
  const size_t separator = name.find_last_of("_- ");
  if (separator != name.npos && name.size() - separator <= kLongestTail) return separator + 1;
  if (name.size() <= kLongestTail) return 0;
  size_t begin = name.size() - kTail;
  while (begin > 0 && is_continuation_byte(name[begin])) --begin;
  return begin;
}

}  // namespace

std::string escape_html(const std::string& text) {
  // the JSON writer knows UTF-8: what it replaces is not UTF-8
  const std::string valid = Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
  std::string escaped;
  for (const char c : valid) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string number_text(double value, int digits) {
  if (!std::isfinite(value)) return "n/a";
  std::array<char, 400> buffer = {};  // room for the largest double
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, digits).ptr;
  const std::string text(buffer.data(), end);
  return text.find_first_of("123456789") == text.npos && text.front() == '-' ? text.substr(1) : text;  // no "-0"
}

double number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::string percent_text(double share, int digits) {
  return std::isfinite(share) ? number_text(100 * share, digits) + "%" : "n/a";
}

std::string html_table(const std::string& caption, const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + escape_html(caption) +
                     "\"><table><caption>" + escape_html(caption) + "</caption><thead><tr>";
  for (const auto& cell : head) html += "<th scope=\"col\">" + escape_html(cell) + "</th>";
  html += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    html += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      html += i == 0 ? "<th scope=\"row\">" + escape_html(row[i]) + "</th>" : "<td>" + escape_html(row[i]) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string html_path(const std::string& path) {
  const size_t name = path.rfind('/') + 1;  // 0 without a folder
  const size_t tail = name + tail_begin(path.substr(name));
  std::string html;
  size_t begin = 0;
  for (size_t i = 0; i < tail; ++i) {
    if (path[i] != '/' && i + 1 < tail) continue;
    html += escape_html(path.substr(begin, i + 1 - begin)) + "<wbr>";
    begin = i + 1;
  }
  if (tail == path.size()) return html;
  return html + "<span class=\"tail\">" + escape_html(path.substr(tail)) + "</span>";
}

std::string html_section(const std::string& id, const std::string& heading, const std::string& body) {
  return "<section aria-labelledby=\"" + id + "\">\n<h2 id=\"" + id + "\">" + escape_html(heading) + "</h2>\n" + body +
         "</section>\n";
}

std::string html_page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<link rel=\"icon\" href=\"data:,\">\n<title>" +
         escape_html(title) + "</title>\n<style>" + kPageStyle + "</style>\n</head>\n<body>\n<main>\n<h1>" +
         escape_html(title) + "</h1>\n" + body + "</main>\n</body>\n</html>\n";
}

}  // namespace multipole
