#include "tasks/segmentation/inference/coarse_picture.h"

#include <torch/utils.h>

#include <algorithm>
#include <vector>

#include "heads/model/context.h"

namespace multipole {

CoarsePicture read_coarse_picture(PictureRows& picture, int64_t max_side) {
  CoarsePicture coarse;
  coarse.factor = (std::max(picture.height(), picture.width()) + max_side - 1) / max_side;
  std::vector<torch::Tensor> rows;
  for (int64_t y = 0; y < picture.height(); y += coarse.factor) {
    const auto band = picture.read(std::min(coarse.factor, picture.height() - y));
    const auto planes = band.permute({2, 0, 1}).unsqueeze(0).to(torch::kFloat);
    rows.push_back(shrink_by_mean(planes, coarse.factor)[0].round_().to(torch::kUInt8).permute({1, 2, 0}));
  }
  coarse.pixels = torch::cat(rows).contiguous();
  return coarse;
}

}  // namespace multipole
