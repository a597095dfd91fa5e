// Features are the backbone's own, whatever the number of threads, and ready for whatever the caller does with them.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "engine/runtime/thread_count.h"
#include "heads/model/model.h"
#include "tasks/inference/features.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

using test::random_int;

// A pyramid and a vision transformer, with a pyramid's classes and without any.
std::vector<VisionModel> models() {
  std::vector<ModelConfig> configs = {test::small_model_config("multipole2d", 3), {}};
  configs[1].preset = "";
  configs[1].backbone = {{"family", "vit"}, {"image_size", 32}, {"patch_size", 8},
                         {"embed_dim", 32}, {"num_heads", 2},   {"depth", 2}};
  configs[1].head = {{"type", "embedding"}};
  std::vector<VisionModel> made;
  for (const auto& config : configs) {
    made.emplace_back(config);
    made.back()->eval();
  }
  return made;
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>() / b.abs().max().item<double>();
}

TEST(BackboneFeatures, AreTheBackbonesOwn) {
  for (auto& model : models()) {
    const auto images = torch::randn({random_int(1, 5), 3, random_int(9, 60), random_int(9, 60)});
    const auto vectors = backbone_features(*model, images, FeatureKind::kVector, {});
    const auto maps = backbone_features(*model, images, FeatureKind::kMap, {});
    const torch::NoGradGuard no_grad;
    EXPECT_EQ(vectors.sizes(), (torch::IntArrayRef{images.size(0), model->backbone()->embedding_dim()}));
    EXPECT_LT(largest_difference(vectors, model->backbone()->embed(images)), 1e-5);
    EXPECT_EQ(maps.size(1), model->backbone()->feature_info().back().num_channels);
    EXPECT_LT(largest_difference(maps, model->backbone()->forward_features(images)), 1e-5);
    EXPECT_TRUE(maps.is_contiguous());
  }
}

TEST(BackboneFeatures, AreThoseOfEachPictureAloneForAnyNumberOfThreads) {
  for (auto& model : models()) {
    const auto images = torch::randn({random_int(2, 7), 3, 32, 40});
    std::vector<torch::Tensor> alone;
    for (int64_t i = 0; i < images.size(0); ++i) {
      alone.push_back(backbone_features(*model, images.narrow(0, i, 1), FeatureKind::kVector, {}));
    }
    for (const int threads : {1, 2, 3, 16}) {
      const ThreadCount count(threads);
      const auto together = backbone_features(*model, images, FeatureKind::kVector, {});
      EXPECT_LT(largest_difference(together, torch::cat(alone)), 1e-5) << threads;
      EXPECT_EQ(at::get_num_threads(), threads);
    }
  }
}

TEST(BackboneFeatures, BFloat16IsNearInEveryThread) {
  for (auto& model : models()) {
    const auto images = torch::randn({4, 3, 32, 32});
    const auto exact = backbone_features(*model, images, FeatureKind::kVector, {});
    const ThreadCount count(2);
    const auto mixed = backbone_features(*model, images, FeatureKind::kVector, {.bfloat16 = true});
    EXPECT_EQ(mixed.scalar_type(), torch::kFloat);
    for (const int64_t i : {0, 3}) {
      EXPECT_LT(largest_difference(mixed[i], exact[i]), 0.1);
      EXPECT_GT(largest_difference(mixed[i], exact[i]), 0);
    }
  }
}

TEST(BackboneFeatures, MayBeComputedWith) {
  auto model = models()[0];
  for (const int threads : {1, 2}) {
    const ThreadCount count(threads);
    auto vectors = backbone_features(*model, torch::randn({2, 3, 32, 32}), FeatureKind::kVector, {});
    EXPECT_FALSE(vectors.requires_grad());
    EXPECT_FALSE(vectors.is_inference());
    vectors.add_(1).requires_grad_().sum().backward();
  }
}

TEST(BackboneFeatures, ErrorsLeaveTheThreads) {
  auto model = models()[0];
  const ThreadCount count(2);
  EXPECT_THROW(backbone_features(*model, torch::zeros({0, 3, 8, 8}), FeatureKind::kVector, {}), c10::Error);
  EXPECT_THROW(backbone_features(*model, torch::zeros({3, 8, 8}), FeatureKind::kVector, {}), c10::Error);
  EXPECT_THROW(backbone_features(*model, torch::zeros({4, 5, 8, 8}), FeatureKind::kMap, {}), c10::Error);
}

}  // namespace
}  // namespace multipole
