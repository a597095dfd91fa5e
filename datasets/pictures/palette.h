// Colours of class ids.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace multipole {

using PaletteColor = std::array<uint8_t, 3>;

// 256 colours for classes that have none of their own: no gray and nothing dark, so that each tints a photograph; the
// first twelve are told apart also by people who do not see red and green (tools/choose_palette.py).
std::vector<PaletteColor> default_palette();

// The colours of PASCAL VOC's label maps: bits of the id spread over R, G and B, so any 256 ids differ.
std::vector<PaletteColor> voc_palette();

// 256 colours: those of `palette`, then the default palette's.
std::vector<PaletteColor> full_palette(const std::vector<PaletteColor>& palette);

// The same from colours as a model file has them, a list of R, G and B each.
std::vector<PaletteColor> model_palette(const std::vector<std::vector<int64_t>>& palette);

// The first `count` of the default palette as a model file has them.
std::vector<std::vector<int64_t>> default_class_colors(size_t count);

}  // namespace multipole
