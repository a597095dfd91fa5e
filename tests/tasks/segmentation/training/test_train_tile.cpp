#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <set>

#include "tasks/segmentation/training/train_tile.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

TEST(TrainTile, IsAnAlignedWindowOfEveryPictureWithTheWholeShrunk) {
  ModelConfig config = test::small_model_config("multipole2d", 3);
  config.head = {{"type", "segformer"}, {"context", true}};
  VisionModel model(config);
  const torch::NoGradGuard no_grad;
  std::set<int64_t> factors, tops;
  for (int round = 0; round < 30; ++round) {
    const int64_t height = round == 0 ? 1 : test::random_int(1, 150), width = test::random_int(1, 150);
    const auto images = torch::randn({2, 3, height, width});
    const auto masks = torch::randint(0, 3, {2, height, width});
    const TrainTile tile = random_train_tile(model, images, masks);
    const int64_t rows = tile.images.size(2), columns = tile.images.size(3);
    EXPECT_EQ(tile.origin.top % 16, 0);
    EXPECT_EQ(tile.origin.left % 16, 0);
    EXPECT_TRUE(rows % 16 == 0 || rows == height);
    const auto window = [&](const torch::Tensor& all) {
      return all.slice(-2, tile.origin.top, tile.origin.top + rows)
          .slice(-1, tile.origin.left, tile.origin.left + columns);
    };
    EXPECT_TRUE(torch::equal(tile.images, window(images)));
    EXPECT_TRUE(torch::equal(tile.masks, window(masks)));
    EXPECT_TRUE(torch::equal(tile.view.map, coarse_view(model, shrink_by_mean(images, tile.view.factor), 1).map));
    factors.insert(tile.view.factor);
    tops.insert(tile.origin.top);
  }
  EXPECT_EQ(factors, (std::set<int64_t>{2, 3, 4}));
  EXPECT_GT(tops.size(), 1u);
}

}  // namespace
}  // namespace multipole
