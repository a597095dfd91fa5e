// Text for people and for programs; nothing here depends on the locale.
#pragma once

#include <string>

#include "backbone/config/json.h"

namespace multipole {

// One line of json_text() with a line feed: names of files keep their bytes.
std::string json_line(const Json& value);

// printf's %.*f with a decimal point in every locale; "n/a" for NaN.
std::string fixed(double value, int digits);

// "3.2 MB": decimal units.
std::string byte_count(double bytes);

// "1:02:03", or "4:05" below an hour.
std::string clock_time(double seconds);

// `text`, filled to `width` columns: on its right, or on its left.
std::string pad_right(std::string text, size_t width);
std::string pad_left(std::string text, size_t width, char fill = ' ');

}  // namespace multipole
