#include "tasks/segmentation/inference/coarse_picture.h"

#include <torch/utils.h>

#include <algorithm>
#include <vector>

#include "heads/model/context.h"

namespace multipole {
namespace {

struct CoarseRow {
  torch::Tensor pixels;    // (1, w, 3) uint8
  torch::Tensor validity;  // (1, w) bool
};

// The mean of each block of a band (rows, W, 3); validity (rows, W) or undefined.
CoarseRow shrink_band(const torch::Tensor& band, const torch::Tensor& validity, int64_t factor) {
  const auto planes = band.permute({2, 0, 1}).unsqueeze(0).to(torch::kFloat);
  const auto as_row = [](const torch::Tensor& map) { return map[0].round().to(torch::kUInt8).permute({1, 2, 0}); };
  const auto mean = [factor](const torch::Tensor& map) { return shrink_by_mean(map, factor); };
  if (!validity.defined()) {
    const auto row = as_row(mean(planes));
    return {row, torch::ones({1, row.size(1)}, torch::kBool)};
  }
  const auto counts = validity.to(torch::kFloat).unsqueeze(0).unsqueeze(0), share = mean(counts);
  return {as_row(mean(planes * counts) / share.masked_fill(share.eq(0), 1)), share[0][0].gt(0)};
}

}  // namespace

CoarsePicture read_coarse_picture(PictureRows& picture, int64_t max_side) {
  CoarsePicture coarse;
  coarse.factor = (std::max(picture.height(), picture.width()) + max_side - 1) / max_side;
  std::vector<torch::Tensor> rows, valid;
  for (int64_t y = 0; y < picture.height(); y += coarse.factor) {
    const auto band = picture.read(std::min(coarse.factor, picture.height() - y));
    const CoarseRow row = shrink_band(band, picture.read_validity(), coarse.factor);
    rows.push_back(row.pixels);
    valid.push_back(row.validity);
  }
  coarse.pixels = torch::cat(rows).contiguous();
  coarse.validity = torch::cat(valid);
  if (coarse.validity.all().item<bool>()) coarse.validity.reset();
  return coarse;
}

}  // namespace multipole
