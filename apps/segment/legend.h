// What the colours of a label map mean, as an SVG: text that reads at any size, in any script.
#pragma once

#include <string>
#include <vector>

#include "datasets/pictures/palette.h"

namespace multipole {

// A swatch, the name and the share of each class, in their order; as many colours and shares as names, at least.
std::string legend_svg(const std::vector<std::string>& classes, const std::vector<PaletteColor>& palette,
                       const std::vector<double>& shares);

}  // namespace multipole
