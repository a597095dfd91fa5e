// Colours of class ids.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace multipole {

using PaletteColor = std::array<uint8_t, 3>;

// The colours of PASCAL VOC's label maps: bits of the id spread over R, G and B, so any 256 ids differ.
std::vector<PaletteColor> default_palette();

// 256 colours: those of `palette`, then the default palette's.
std::vector<PaletteColor> full_palette(const std::vector<PaletteColor>& palette);

}  // namespace multipole
