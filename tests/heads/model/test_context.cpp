#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <string>

#include "heads/model/context.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

using test::random_int;

VisionModel small_model(bool context) {
  ModelConfig config = test::small_model_config("multipole2d", 3);
  config.head = {{"type", "segformer"}, {"channels", 8}, {"context", context}};
  VisionModel model(config);
  model->eval();
  return model;
}

void give_context_weight(VisionModel& model) {
  const torch::NoGradGuard no_grad;
  for (auto& item : model->named_parameters()) {
    if (item.key().find("head.context") == 0) item.value().normal_();
  }
}

TEST(Context, BeginsAsAModelWithoutIt) {
  const torch::NoGradGuard no_grad;
  VisionModel model = small_model(true), plain = small_model(false);
  EXPECT_TRUE(takes_context(model));
  EXPECT_FALSE(takes_context(plain));
  const auto tiles = torch::randn({2, 3, random_int(1, 70), random_int(1, 70)});
  const auto view = coarse_view(model, torch::randn({2, 3, 40, 33}), 3);
  const TileOrigin origin{32, 64};
  EXPECT_TRUE(torch::equal(forward_with_context(model, tiles, view, origin).front(), model->forward(tiles)));
  give_context_weight(model);
  EXPECT_FALSE(torch::allclose(forward_with_context(model, tiles, view, origin).front(), model->forward(tiles)));
}

// A view that holds each of its tokens' own position: what a tile gets are the positions of its tokens.
TEST(Context, TokensGetWhatLiesAtTheirOwnPlace) {
  for (int round = 0; round < 20; ++round) {
    CoarseView view;
    view.factor = random_int(1, 9);
    view.stride = random_int(1, 32);
    const int64_t height = random_int(1, 12), width = random_int(1, 12), rows = random_int(1, 9);
    const auto centres = [&](int64_t count, int64_t step) {
      return (torch::arange(count, torch::kDouble) + 0.5) * static_cast<double>(step);
    };
    const auto y = centres(height, view.factor * view.stride).view({-1, 1}).expand({height, width});
    const auto x = centres(width, view.factor * view.stride).expand({height, width});
    view.map = torch::stack({y, x}).unsqueeze(0);
    const TileOrigin origin{random_int(0, 99), random_int(0, 99)};
    const auto part = sample_view(view, origin, rows, 4);
    ASSERT_EQ(part.sizes(), (std::vector<int64_t>{1, 2, rows, 4}));
    const auto expected_y = (centres(rows, view.stride) + origin.top).clamp(y[0][0].item(), y[height - 1][0].item());
    const auto expected_x = (centres(4, view.stride) + origin.left).clamp(x[0][0].item(), x[0][width - 1].item());
    EXPECT_TRUE(torch::allclose(part[0][0], expected_y.view({-1, 1}).expand({rows, 4}), 1e-9, 1e-9));
    EXPECT_TRUE(torch::allclose(part[0][1], expected_x.expand({rows, 4}), 1e-9, 1e-9));
  }
}

TEST(Context, GradientsReachTheTileAndTheWhole) {
  VisionModel model = small_model(true);
  model->to(torch::kDouble);
  give_context_weight(model);
  const auto function = [&](const std::vector<torch::Tensor>& inputs) {
    const auto view = coarse_view(model, shrink_by_mean(inputs[1], 2), 2);
    return forward_with_context(model, inputs[0], view, {8, 0}).front();
  };
  const auto options = torch::TensorOptions(torch::kDouble);
  EXPECT_EQ(test::gradcheck(function, {torch::randn({1, 3, 9, 13}, options), torch::randn({1, 3, 30, 21}, options)}),
            "");
}

// The models here are made for 32 pixels.
TEST(Context, LargeWholePicturesAreViewedWhereTheReachIsBounded) {
  const torch::NoGradGuard no_grad;
  for (const char* reach : {"grid", "nominal"}) {
    ModelConfig config = small_model(true)->config();
    config.backbone["attention"]["reach"] = reach;
    VisionModel model(config);
    model->eval();
    give_context_weight(model);
    const bool is_bounded = model->backbone()->is_bounded();
    EXPECT_EQ(is_bounded, std::string(reach) == "nominal");
    const auto small = torch::randn({1, 3, random_int(1, 32), random_int(1, 32)});
    const auto large = torch::randn({1, 3, random_int(65, 96), random_int(1, 96)});
    EXPECT_FALSE(views_whole(model, {small.size(2), small.size(3)}));
    EXPECT_EQ(views_whole(model, {large.size(2), large.size(3)}), is_bounded);
    const auto logits = [&](const torch::Tensor& images) {
      return model->head().forward(maps_of_whole(model, images), {images.size(2), images.size(3)});
    };
    EXPECT_TRUE(logits(small).equal(model->forward(small)));
    const auto viewed = forward_with_context(model, large, coarse_view(model, shrink_by_mean(large, 3), 3), {}).front();
    EXPECT_TRUE(logits(large).equal(is_bounded ? viewed : model->forward(large)));
    EXPECT_FALSE(viewed.allclose(model->forward(large)));
  }
}

TEST(Context, ShrinkingTakesTheMeanOfWhatThereIs) {
  const auto image = torch::arange(15, torch::kFloat).view({1, 1, 3, 5});
  const auto shrunk = shrink_by_mean(image, 2);
  EXPECT_TRUE(torch::equal(shrunk[0][0], torch::tensor({{3.0F, 5.0F, 6.5F}, {10.5F, 12.5F, 14.0F}})));
  EXPECT_TRUE(torch::equal(shrink_by_mean(image, 9), image.mean().view({1, 1, 1, 1})));
}

}  // namespace
}  // namespace multipole
