// Pictures as a microscope shows them: dark blobs on a bright, uneven, noisy ground, with exact masks.
#pragma once

#include <torch/types.h>
#include <torch/utils.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "datasets/pictures/image_encode.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole::test {

// (picture (side, side, 3) uint8, ids (side, side) uint8 with 1 in the blobs).
inline std::pair<torch::Tensor, torch::Tensor> draw_blobs(int64_t side) {
  const auto rows = torch::arange(side).view({side, 1}), columns = torch::arange(side).view({1, side});
  auto inside = torch::zeros({side, side}, torch::kBool);
  for (int64_t blob = random_int(2, 4); blob > 0; --blob) {
    const int64_t radius = random_int(side / 9, side / 5);
    const int64_t y = random_int(radius, side - radius), x = random_int(radius, side - radius);
    inside |= ((rows - y).square() + (columns - x).square()).lt(radius * radius);
  }
  const auto slope = (rows * random_int(-20, 20) + columns * random_int(-20, 20)).to(torch::kFloat).div(side);
  const auto ground = (175 + slope).unsqueeze(2) + torch::tensor({5.0F, -5.0F, 10.0F});
  const auto cell = (110 + slope).unsqueeze(2) + torch::tensor({15.0F, -25.0F, 25.0F});
  const auto noise = 14 * torch::randn({side, side, 1}) + 6 * torch::randn({side, side, 3});
  const auto picture = torch::where(inside.unsqueeze(2), cell, ground) + noise;
  return {picture.clamp(0, 255).to(torch::kUInt8).contiguous(), inside.to(torch::kUInt8)};
}

// DATA/<images>/NN.png and DATA/<masks>/NN.png, where blobs are stored as `stored`.
inline void write_blobs(const TemporaryFolder& root, const std::string& images, const std::string& masks, int count,
                        int64_t side = 32, int64_t stored = 255) {
  for (int i = 0; i < count; ++i) {
    const auto [picture, ids] = draw_blobs(side);
    const std::string name = std::to_string(10 + i) + ".png";
    root.write(images + "/" + name, encode_png(picture));
    root.write(masks + "/" + name, encode_mask(ids.to(torch::kInt) * stored));
  }
}

}  // namespace multipole::test
