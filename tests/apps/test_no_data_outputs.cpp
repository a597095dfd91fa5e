// What the files of a picture hold where it holds no data.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <optional>
#include <vector>

#include "apps/segment/picture_outputs.h"
#include "datasets/codecs/image_decode.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;

TEST(NoDataOutputs, ThereIsNoClassThereAndTheOverlayIsBlack) {
  const test::TemporaryFolder folder;
  const ClassTable table{.names = {"sky", "road"}, .palette = std::vector<PaletteColor>(256, {255, 255, 255})};
  OutputNames names;
  names.map = folder / "a.png";
  names.overlay = folder / "a.overlay.jpg";
  const int64_t height = random_int(16, 60), width = 64, rows = random_int(1, height);
  PictureOutputs outputs(names, {height, width}, table, std::nullopt, VectorOptions{});
  const auto pixels = torch::full({height, width, 3}, 255, torch::kUInt8);
  // 32 columns of one class, 24 without data, 8 of another class
  auto validity = torch::ones({height, width}, torch::kBool);
  validity.slice(1, 32, 56).fill_(false);
  auto classes = torch::zeros({height, width}, torch::kUInt8);
  classes.slice(1, 56).fill_(1);
  classes.masked_fill_(validity.logical_not(), kNoDataClass);
  for (int64_t first = 0; first < height; first += rows) {
    const auto band = [&](const torch::Tensor& map) { return map.slice(0, first, first + rows); };
    outputs.write({.first_row = first,
                   .pixels = band(pixels),
                   .validity = band(validity),
                   .classes = band(classes)});
  }
  outputs.commit();
  EXPECT_EQ(outputs.shares(), (std::vector<double>{0.8, 0.2}));
  const auto overlay = read_image(names.overlay).to(torch::kInt32);
  ASSERT_EQ(overlay.sizes(), (std::vector<int64_t>{height, width, 3}));
  EXPECT_LE(overlay[3][44].max().item<int>(), 3);
  EXPECT_GE(overlay[3][8].min().item<int>(), 250);
  EXPECT_GE(overlay[3][61].min().item<int>(), 250);
}

}  // namespace
}  // namespace multipole
