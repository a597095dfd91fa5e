#include "engine/report/page.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace multipole {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1b1b1b;
  background: #ffffff; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid #767676; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #4a4a4a; padding-bottom: .3rem; max-width: calc(100vw - 2rem); }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #d0d0d0; }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere; min-width: 7rem; }
svg { width: 100%; max-width: 34rem; height: auto; display: block; }
.tiles { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; margin: 1rem 0; list-style: none; }
ul.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .7rem; }
.tile { border: 1px solid #767676; border-radius: .4rem; padding: .5rem .9rem; }
.tile strong { display: block; font-size: 1.5rem; line-height: 1.3; }
figure { margin: 0; width: 9rem; }
figure img { width: 9rem; height: 9rem; object-fit: contain; background: #eeeeee; image-rendering: auto; }
figure.pair { width: 19rem; }
figure.pair img { width: 9.4rem; height: auto; vertical-align: top; }
figure.pair img + img { margin-left: .2rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; list-style: none; }
.swatch { display: inline-block; border: .45rem solid; outline: 1px solid #767676; margin-right: .4rem;
  vertical-align: -.05rem; }
figcaption { font-size: .85rem; line-height: 1.35; overflow-wrap: anywhere; }
pre { background: #f3f3f3; color: #1b1b1b; padding: .7rem; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: .85rem; }
details > summary { cursor: pointer; color: #0b4f8a; }
.note { color: #4a4a4a; }
@media (max-width: 30rem) {
  th, td { padding: .2rem .3rem; font-size: .9rem; }
  th:first-child, td:first-child { min-width: 6.5rem; }
}
)";

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

std::string html_section(const std::string& id, const std::string& heading, const std::string& body) {
  return "<section aria-labelledby=\"" + id + "\">\n<h2 id=\"" + id + "\">" + escape_html(heading) + "</h2>\n" + body +
         "</section>\n";
}

std::string html_page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<link rel=\"icon\" href=\"data:,\">\n<title>" +
         escape_html(title) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<main>\n<h1>" +
         escape_html(title) + "</h1>\n" + body + "</main>\n</body>\n</html>\n";
}

}  // namespace multipole
