#include "heads/losses/ohem.h"

#include <algorithm>
#include <cmath>

namespace multipole {

void OhemConfig::validate(const std::string& where) const {
  require(threshold >= 0 && threshold < 1, where + ".threshold", "must be in [0, 1)", threshold);
  require(min_kept > 0 && min_kept <= 1, where + ".min_kept", "must be above 0 and at most 1", min_kept);
}

PixelLosses keep_hard(const PixelLosses& pixels, const torch::Tensor& unweighted, const OhemConfig& config) {
  const auto judged = unweighted.detach();
  const auto labelled = judged.masked_select(pixels.weights.gt(0));
  if (labelled.numel() == 0) return pixels;
  const auto least = std::max<int64_t>(1, std::llround(config.min_kept * static_cast<double>(labelled.numel())));
  const auto hardest = std::get<0>(labelled.kthvalue(labelled.numel() - least + 1)).item<double>();
  const auto kept = judged.ge(std::min(hardest, -std::log(config.threshold)));
  return {pixels.losses * kept, pixels.weights * kept};
}

}  // namespace multipole
