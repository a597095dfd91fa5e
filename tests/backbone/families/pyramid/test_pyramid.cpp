#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/families/pyramid/pyramid.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

PyramidConfig small_config(const std::string& attention, int64_t stem_stride) {
  PyramidConfig config;
  config.image_size = 40;
  config.stem_stride = stem_stride;
  config.embed_dims = {8, 12, 16, 20};
  config.depths = {1, 2, 1, 1};
  config.num_heads = {2, 3, 4, 5};
  config.mlp_ratio = 2;
  config.attention = {{"type", attention}};
  return config;
}

std::vector<std::pair<int64_t, int64_t>> picture_sizes() {
  std::vector<std::pair<int64_t, int64_t>> sizes = {{1, 1}, {1, 37}, {33, 1}, {35, 47}};
  sizes.emplace_back(test::random_int(1, 70), test::random_int(1, 70));
  return sizes;
}

void expect_four_maps(const PyramidConfig& config) {
  Pyramid pyramid(config);
  const auto info = pyramid->feature_info();
  ASSERT_EQ(info.size(), 4u);
  for (const auto& [height, width] : picture_sizes()) {
    SCOPED_TRACE(testing::Message() << config.attention << ", stride " << config.stem_stride << ", " << height << " x "
                                    << width);
    const auto maps = pyramid->forward_intermediates(torch::randn({2, 3, height, width}));
    ASSERT_EQ(maps.size(), 4u);
    for (size_t i = 0; i < 4; ++i) {
      const int64_t stride = info[i].stride;
      EXPECT_EQ(stride, config.stem_stride << i);
      EXPECT_EQ(maps[i].sizes(), (std::vector<int64_t>{2, info[i].num_channels, (height + stride - 1) / stride,
                                                       (width + stride - 1) / stride}));
      EXPECT_TRUE(maps[i].is_contiguous(torch::MemoryFormat::ChannelsLast));
      EXPECT_TRUE(maps[i].isfinite().all().item<bool>());
    }
  }
}

TEST(PyramidTest, MakesFourMapsOfAnyPicture) {
  torch::manual_seed(test::test_seed());
  torch::NoGradGuard no_grad;
  for (const int64_t stem_stride : {1, 2, 4}) {
    for (const auto& type : attention_types()) expect_four_maps(small_config(type, stem_stride));
    auto overlapping = small_config("pvt", stem_stride);
    overlapping.embedding = "overlapping";
    overlapping.mlp_conv = true;
    overlapping.attention["partial_patches"] = "drop";
    expect_four_maps(overlapping);
    auto fused = small_config("multipole2d", stem_stride);
    fused.mlp_kernels = {3, 5, 1, 1};
    expect_four_maps(fused);
  }
}

// Each weight of a convolution acts on every token that it gives out: 7 x 7 pixels, 3 x 3 of the MLP's channels.
TEST(PyramidTest, CountsTheWorkOfItsEmbeddingAndOfTheMlpsConvolution) {
  auto config = small_config("pvt", 4);
  const auto flops = [&] { return Pyramid(config)->cost(64, 96).flops; };
  const double before = flops();
  config.mlp_conv = true;
  double expected = before;
  for (int64_t stage = 0; stage < 4; ++stage) {
    const double tokens = 64.0 * 96 / static_cast<double>(config.stride(stage) * config.stride(stage));
    expected += 2 * tokens * 9 * static_cast<double>(2 * config.embed_dims[stage] * config.depths[stage]);
  }
  EXPECT_DOUBLE_EQ(flops(), expected);
  config.embedding = "overlapping";
  const double stem = 2 * (32.0 * 48 * 9 * 3 * 4 + 16.0 * 24 * 9 * 4 * 8), embedding = 2 * 16.0 * 24 * 49 * 3 * 8;
  EXPECT_DOUBLE_EQ(flops(), expected - stem + embedding);
}

TEST(PyramidTest, CountsTheWorkOfItsMlpsKernels) {
  auto config = small_config("pvt", 4);
  const auto flops = [&] { return Pyramid(config)->cost(64, 96).flops; };
  const double before = flops();
  config.mlp_kernels = {3, 1, 5, 1};
  double expected = before;
  for (int64_t stage = 0; stage < 4; ++stage) {
    const double tokens = 64.0 * 96 / static_cast<double>(config.stride(stage) * config.stride(stage));
    const auto more = static_cast<double>(config.mlp_kernel(stage) * config.mlp_kernel(stage) - 1);
    const auto embed_dim = static_cast<double>(config.embed_dims[stage]);
    expected += 2 * tokens * more * embed_dim * 2 * embed_dim * static_cast<double>(config.depths[stage]);
  }
  EXPECT_DOUBLE_EQ(flops(), expected);
}

TEST(PyramidTest, KernelsOfMlpsAreChecked) {
  auto config = small_config("pvt", 4);
  const std::vector<std::vector<int64_t>> all_wrong = {{3, 3}, {3, 3, 1, 2}, {3, 3, 1, 9}, {3, 3, 1, -1}, {1, 1, 1, 0}};
  for (const auto& wrong : all_wrong) {
    config.mlp_kernels = wrong;
    EXPECT_THROW(config.validate("backbone"), ConfigError);
  }
  config.mlp_kernels = {1, 1, 1, 1};
  config.mlp_conv = true;
  config.validate("backbone");
  config.mlp_kernels = {1, 1, 3, 1};
  EXPECT_THROW(config.validate("backbone"), ConfigError);
}

TEST(PyramidTest, ForwardFeaturesIsTheLastMap) {
  torch::NoGradGuard no_grad;
  Pyramid pyramid(small_config("multipole2d", 2));
  pyramid->eval();
  const auto images = torch::randn({2, 3, 21, 30});
  EXPECT_TRUE(pyramid->forward_features(images).equal(pyramid->forward_intermediates(images).back()));
}

TEST(PyramidTest, ImagesOfABatchAreIndependentAndRunsRepeat) {
  torch::manual_seed(test::test_seed());
  torch::NoGradGuard no_grad;
  for (const auto& type : attention_types()) {
    auto config = small_config(type, 2);
    config.drop_path_rate = 0.5;
    Pyramid pyramid(config);
    pyramid->eval();
    const auto images = torch::randn({4, 3, test::random_int(1, 60), test::random_int(1, 60)});
    const auto together = pyramid->forward_intermediates(images);
    const auto again = pyramid->forward_intermediates(images);
    for (size_t level = 0; level < together.size(); ++level) EXPECT_TRUE(again[level].equal(together[level])) << type;
    for (int64_t i = 0; i < images.size(0); ++i) {
      const auto alone = pyramid->forward_intermediates(images.slice(0, i, i + 1));
      for (size_t level = 0; level < together.size(); ++level) {
        EXPECT_TRUE(torch::allclose(alone[level], together[level].slice(0, i, i + 1), 1e-3, 1e-4))
            << type << ", level " << level << ", images " << images.sizes();
      }
    }
  }
}

TEST(PyramidTest, DropPathActsInTrainingOnly) {
  auto config = small_config("full", 4);
  config.drop_path_rate = 0.9;
  Pyramid pyramid(config);
  const auto images = torch::randn({8, 3, 16, 16});
  EXPECT_FALSE(pyramid->forward_features(images).equal(pyramid->forward_features(images)));
  pyramid->eval();
  EXPECT_TRUE(pyramid->forward_features(images).equal(pyramid->forward_features(images)));
}

TEST(PyramidTest, RefusesWhatIsNoBatchOfPictures) {
  Pyramid pyramid(small_config("full", 4));
  EXPECT_THROW(pyramid->forward_features(torch::randn({3, 8, 8})), c10::Error);
  EXPECT_THROW(pyramid->forward_features(torch::randn({1, 4, 8, 8})), c10::Error);
  EXPECT_THROW(pyramid->forward_features(torch::randn({1, 3, 0, 8})), c10::Error);
}

}  // namespace
}  // namespace multipole
