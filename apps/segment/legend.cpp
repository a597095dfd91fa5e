#include "apps/segment/legend.h"

#include <algorithm>

#include "engine/report/page.h"

namespace multipole {
namespace {

constexpr size_t kRows = 24;  // of a column
constexpr size_t kRow = 26, kSwatch = 18, kSpace = 10, kShare = 60;
constexpr size_t kLetter = 9, kWideLetter = 17;  // of 16 pixels, at most

// Bytes beyond ASCII begin letters that may be as wide as they are high.
size_t text_width(const std::string& text) {
  size_t width = 0;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    width += value < 0x80 ? kLetter : value >= 0xC0 ? kWideLetter : 0;
  }
  return width;
}

std::string number(size_t value) { return std::to_string(value); }

std::string text_at(size_t x, size_t y, const std::string& anchor, const std::string& text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" + escape_html(text) +
         "</text>\n";
}

std::string swatch_at(size_t x, size_t y, const PaletteColor& color) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex = "#";
  for (const uint8_t channel : color) {
    hex += kDigits[channel / 16];
    hex += kDigits[channel % 16];
  }
  return "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(kSwatch) + "\" height=\"" +
         number(kSwatch) + "\" fill=\"" + hex + "\" stroke=\"#767676\"/>\n";
}

}  // namespace

std::string legend_svg(const std::vector<std::string>& classes, const std::vector<PaletteColor>& palette,
                       const std::vector<double>& shares) {
  size_t longest = 0;
  for (const auto& name : classes) longest = std::max(longest, text_width(name));
  const size_t column = kSwatch + longest + kShare + 3 * kSpace;
  const size_t columns = (classes.size() + kRows - 1) / kRows;
  const size_t rows = columns == 0 ? 0 : (classes.size() + columns - 1) / columns;
  const std::string width = number(columns * column + kSpace), height = number(rows * kRow + 2 * kSpace);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height +
                    "\" viewBox=\"0 0 " + width + " " + height +
                    "\" font-family=\"system-ui, sans-serif\" font-size=\"16\" fill=\"#1b1b1b\">\n"
                    "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  for (size_t i = 0; i < classes.size(); ++i) {
    const size_t x = i / rows * column + kSpace, y = i % rows * kRow + kSpace;
    svg += swatch_at(x, y + (kRow - kSwatch) / 2, palette.at(i));
    svg += text_at(x + kSwatch + kSpace, y + kRow - 8, "start", classes[i]);
    svg += text_at(x + column - 2 * kSpace, y + kRow - 8, "end", percent_text(shares.at(i)));
  }
  return svg + "</svg>\n";
}

}  // namespace multipole
