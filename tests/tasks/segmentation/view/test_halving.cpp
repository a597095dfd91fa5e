#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>

#include "tasks/segmentation/view/halving.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// The four pixels that make one, as planes (h, w ...): a last odd row or column twice.
std::array<torch::Tensor, 4> four_of(const torch::Tensor& pixels) {
  const auto places = [&](int64_t size, int64_t from) {
    return torch::arange(from, size + size % 2, 2).clamp_max(size - 1);
  };
  std::array<torch::Tensor, 4> planes;
  for (int64_t i = 0; i < 4; ++i) {
    planes[static_cast<size_t>(i)] =
        pixels.index_select(0, places(pixels.size(0), i / 2)).index_select(1, places(pixels.size(1), i % 2));
  }
  return planes;
}

TEST(Halving, TheMeanOfFour) {
  for (int trial = 0; trial < 10; ++trial) {
    std::vector<int64_t> sizes = {test::random_int(1, 40), test::random_int(1, 40)};
    if (trial % 2 == 0) sizes.push_back(test::random_int(1, 4));
    const auto pixels = torch::randint(0, 256, sizes, torch::kUInt8);
    const auto [a, b, c, d] = four_of(pixels.to(torch::kInt));
    const auto expected = (a + b + c + d + 2).floor_divide(4).to(torch::kUInt8);
    EXPECT_TRUE(halve_by_mean(pixels).equal(expected)) << pixels.sizes();
  }
}

TEST(Halving, TheValueOfMostAndTheFirstOfSeveral) {
  for (int trial = 0; trial < 10; ++trial) {
    const auto ids = torch::randint(0, 4, {test::random_int(1, 60), test::random_int(1, 60)}, torch::kUInt8);
    const auto planes = four_of(ids);
    const auto all = torch::stack(torch::TensorList(planes.data(), planes.size()));
    // how often each of the four occurs among them; argmax gives no promise about ties, so earlier ones get a bonus
    auto counts = torch::zeros_like(all, torch::kFloat);
    for (const auto& plane : planes) counts += all.eq(plane);
    const auto first = (counts + torch::tensor({.3, .2, .1, .0}).view({4, 1, 1})).argmax(0, true);
    EXPECT_TRUE(halve_by_majority(ids).equal(all.gather(0, first).squeeze(0))) << ids.sizes();
  }
}

TEST(Halving, AConstantStaysWhatItIs) {
  const auto pixels = torch::full({test::random_int(1, 30), test::random_int(1, 30)}, 255, torch::kUInt8);
  EXPECT_TRUE(halve_by_mean(pixels).eq(255).all().item<bool>());
  EXPECT_TRUE(halve_by_majority(pixels).eq(255).all().item<bool>());
}

}  // namespace
}  // namespace multipole
