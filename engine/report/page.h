// The parts that a self-contained HTML page is put together from: no scripts, no network, one style sheet inside.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

// Text as HTML shows it: the five special characters escaped, bytes that are not UTF-8 replaced by U+FFFD.
std::string escape_html(const std::string& text);

// `value` with so many digits behind the point, in every locale; "n/a" where it is not finite.
std::string number_text(double value, int digits);

// object[key], or NaN where there is no number.
double number_at(const Json& object, const char* key);

// "87.3%" from a share; "n/a" where it is not finite.
std::string percent_text(double share, int digits = 1);

// A table with a caption; `rows` are escaped, the first cell of each is its header. Scrolls sideways where it is wide.
std::string html_table(const std::string& caption, const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows);

// A file's path that may break into lines behind its folders, and never within the end of the file's name.
std::string html_path(const std::string& path);

// A headed part of the page; `body` is HTML.
std::string html_section(const std::string& id, const std::string& heading, const std::string& body);

// The whole document. `body` is HTML. Readable from 400 pixels of width up; colours of at least 4.5 : 1 contrast.
std::string html_page(const std::string& title, const std::string& body);

}  // namespace multipole
