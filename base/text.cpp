#include "base/text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/json_text.h"

namespace multipole {

std::string json_line(const Json& value) { return json_text(value) + "\n"; }

std::string fixed(double value, int digits) {
  if (std::isnan(value)) return "n/a";
  std::array<char, 400> buffer;  // room for the largest double
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, digits).ptr;
  return std::string(buffer.data(), end);
}

std::string percent(double share, int digits) {
  return std::isfinite(share) ? fixed(100 * share, digits) + "%" : "n/a";
}

std::string image_rate(double images_per_second) {
  if (!std::isfinite(images_per_second) || images_per_second <= 0) return "n/a";
  if (images_per_second < 1) return fixed(1 / images_per_second, 1) + " s/img";
  return fixed(images_per_second, images_per_second < 10 ? 1 : 0) + " img/s";
}

std::string byte_count(double bytes) {
  const std::array<const char*, 5> units = {"B", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  for (; bytes >= 1000 && unit + 1 < units.size(); ++unit) bytes /= 1000;
  return fixed(bytes, unit == 0 ? 0 : 1) + " " + units[unit];
}

std::string clock_time(double seconds) {
  const auto total = static_cast<int64_t>(std::llround(std::max(0.0, seconds)));
  const auto two = [](int64_t value) { return pad_left(std::to_string(value), 2, '0'); };
  std::string text;
  if (total >= 3600) text = std::to_string(total / 3600) + ":";
  text += total >= 3600 ? two(total / 60 % 60) : std::to_string(total / 60);
  return text + ":" + two(total % 60);
}

std::string pad_right(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string pad_left(std::string text, size_t width, char fill) {
  if (text.size() < width) text.insert(size_t{0}, width - text.size(), fill);
  return text;
}

}  // namespace multipole
