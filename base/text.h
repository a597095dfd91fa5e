// Text for people and for programs; nothing here depends on the locale.
#pragma once

#include <string>

#include "base/json.h"

namespace multipole {

// One line of json_text() with a line feed: names of files keep their bytes.
std::string json_line(const Json& value);

// printf's %.*f with a decimal point in every locale; "n/a" for NaN.
std::string fixed(double value, int digits);

// "87.30%" from a share; "n/a" where it is not finite.
std::string percent(double share, int digits);

// "812 img/s", "3.4 img/s" and, below one a second, "3.2 s/img"; "n/a" where it is not finite or nothing came.
std::string image_rate(double images_per_second);

// "3.2 MB": decimal units.
std::string byte_count(double bytes);

// "1:02:03", or "4:05" below an hour.
std::string clock_time(double seconds);

// `text`, filled to `width` columns: on its right, or on its left.
std::string pad_right(std::string text, size_t width);
std::string pad_left(std::string text, size_t width, char fill = ' ');

}  // namespace multipole
