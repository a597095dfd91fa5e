// Small letters for legends: capitals, digits and some signs, 5 x 7 pixels each. Small letters are drawn as capitals,
// anything else as a box.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace multipole {

inline constexpr int64_t kGlyphWidth = 6, kGlyphHeight = 8;  // with the space to the next one

// Draws `text` black into `image` (H, W, 3) uint8 with its upper left corner at (top, left), `scale` pixels a dot;
// what does not fit is cut off. A character of several bytes (UTF-8) is one box.
void draw_text(torch::Tensor& image, const std::string& text, int64_t top, int64_t left, int64_t scale);

// Characters that draw_text() draws.
int64_t text_length(const std::string& text);

}  // namespace multipole
