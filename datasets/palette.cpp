#include "datasets/palette.h"

#include <algorithm>

namespace multipole {

std::vector<PaletteColor> default_palette() {
  std::vector<PaletteColor> palette(256, PaletteColor{0, 0, 0});
  for (int id = 0; id < 256; ++id) {
    for (int bit = 0; bit < 8; ++bit) {
      palette[id][bit % 3] |= static_cast<uint8_t>((id >> bit & 1) << (7 - bit / 3));
    }
  }
  return palette;
}

std::vector<PaletteColor> full_palette(const std::vector<PaletteColor>& palette) {
  std::vector<PaletteColor> colors = default_palette();
  std::copy_n(palette.begin(), std::min(palette.size(), colors.size()), colors.begin());
  return colors;
}

}  // namespace multipole
