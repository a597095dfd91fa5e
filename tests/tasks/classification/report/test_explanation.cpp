#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "backbone/attention/mechanisms/registry.h"
#include "tasks/classification/report/explanation.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

TEST(Explanation, IsAMapForEveryAttentionAndSize) {
  for (const auto& attention : attention_types()) {
    SCOPED_TRACE(attention);
    VisionModel model(test::small_model_config(attention, 3));
    model->eval();
    const int64_t height = test::random_int(16, 40), width = test::random_int(16, 40);
    const c10::InferenceMode inference;
    torch::Tensor images;
    {
      const c10::InferenceMode normal(false);
      images = torch::randn({2, 3, height, width});
    }
    const auto maps = explanation_maps(model, images, torch::tensor({0, 2}, torch::kLong));
    EXPECT_EQ(maps.sizes(), (std::vector<int64_t>{2, height, width}));
    EXPECT_GE(maps.min().item<float>(), 0);
    EXPECT_LE(maps.max().item<float>(), 1 + 1e-5);
    EXPECT_GT(maps.max().item<float>(), 0);
    const auto picture = explanation_picture(images[0], maps[0], Preprocessing{});
    EXPECT_EQ(picture.size(2), 3);
    EXPECT_GE(picture.size(0), 256);
  }
}

// Heads that read the embedding, of a pyramid and of a transformer with a class token.
TEST(Explanation, IsAMapForAHeadOnTheEmbedding) {
  std::vector<ModelConfig> configs(2, test::small_model_config("multipole2d", 3));
  configs[1].preset = "";
  configs[1].backbone = {{"family", "vit"}, {"image_size", 32}, {"patch_size", 8},
                         {"embed_dim", 32}, {"num_heads", 2},   {"depth", 2}};
  for (auto& config : configs) {
    SCOPED_TRACE(config.backbone.dump());
    config.head = {{"type", "classification"}, {"pooling", "embedding"}};
    VisionModel model(config);
    model->eval();
    const int64_t height = test::random_int(16, 40), width = test::random_int(16, 40);
    // what speaks for the classes of one picture adds up to nothing, so that it speaks for one of them at least
    const auto images = torch::randn({1, 3, height, width}).repeat({3, 1, 1, 1});
    const auto maps = explanation_maps(model, images, torch::arange(3));
    EXPECT_EQ(maps.sizes(), (std::vector<int64_t>{3, height, width}));
    EXPECT_GE(maps.min().item<float>(), 0);
    EXPECT_GT(maps.max().item<float>(), 0);
  }
}

// Noise in the upper left corner (class 0), in the lower right one (class 1) or nowhere (class 2, so that nothing but
// something in a corner speaks for the other two).
torch::Tensor corner_picture(int64_t label) {
  auto image = torch::zeros({3, 32, 32});
  if (label == 2) return image;
  const int64_t first = label == 0 ? 0 : 20;
  image.slice(1, first, first + 12).slice(2, first, first + 12).normal_(0, 2);
  return image;
}

// A model that learned to tell the corners apart is explained by the corner that has something in it.
TEST(Explanation, PointsAtWhatMatters) {
  torch::manual_seed(1);
  VisionModel model(test::small_model_config("full", 3));
  const auto labels = torch::arange(15) % 3;
  for (int step = 0; step < 120; ++step) {
    std::vector<torch::Tensor> images;
    for (int64_t i = 0; i < 15; ++i) images.push_back(corner_picture(i % 3));
    model->forward(torch::stack(images)).log_softmax(1).gather(1, labels.unsqueeze(1)).mean().neg().backward();
    const torch::NoGradGuard no_grad;
    for (auto& parameter : model->parameters()) {
      parameter.sub_(0.001 * parameter.grad().sign());
      parameter.mutable_grad().reset();
    }
  }
  model->eval();
  for (const int64_t label : {0, 1}) {
    const auto image = corner_picture(label).unsqueeze(0);
    ASSERT_EQ(model->forward(image).argmax(1).item<int64_t>(), label);
    const auto map = explanation_maps(model, image, torch::tensor({label}))[0];
    const double upper = map.slice(0, 0, 12).slice(1, 0, 12).mean().item<double>();
    const double lower = map.slice(0, 20, 32).slice(1, 20, 32).mean().item<double>();
    EXPECT_GT(label == 0 ? upper - lower : lower - upper, 0) << "class " << label;
  }
}

}  // namespace
}  // namespace multipole
