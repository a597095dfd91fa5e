// Pyramids of patches and without norms between their stages, as Swin transformers are.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "backbone/families/pyramid/pyramid.h"
#include "backbone/families/pyramid/resolve_pyramid.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

PyramidConfig patch_config(bool stage_norms) {
  PyramidConfig config;
  config.image_size = 48;
  config.stem_stride = 2;
  config.embedding = "patches";
  config.embed_dims = {8, 12, 16, 20};
  config.depths = {1, 2, 1, 2};
  config.num_heads = {2, 3, 4, 5};
  config.position_conv = false;
  config.stage_norms = stage_norms;
  config.attention = {{"type", "window"}, {"window", 3}, {"padding", "after_shift"}, {"shift_axes", "always"}};
  config.stage_attention = {Json::object(), {{"window", 4}}, Json::object(), {{"shift", false}}};
  return resolve_pyramid_config(config, "backbone");
}

TEST(PatchPyramidTest, MakesFourMapsOfAnyPictureAndCountsItself) {
  torch::manual_seed(test::test_seed());
  const torch::NoGradGuard no_grad;
  for (const bool stage_norms : {true, false}) {
    const auto config = patch_config(stage_norms);
    Pyramid pyramid(config);
    double made = 0;
    for (const auto& parameter : pyramid->parameters()) made += static_cast<double>(parameter.numel());
    EXPECT_EQ(count_parameters(pyramid_parts(config, "backbone")), made);
    for (const auto& [height, width] : std::vector<std::pair<int64_t, int64_t>>{
             {1, 1}, {1, 37}, {35, 47}, {test::random_int(1, 70), test::random_int(1, 70)}}) {
      const auto maps = pyramid->forward_intermediates(torch::randn({2, 3, height, width}));
      ASSERT_EQ(maps.size(), 4u);
      for (int64_t i = 0; i < 4; ++i) {
        const int64_t stride = config.stride(i);
        EXPECT_EQ(maps[i].sizes(), (std::vector<int64_t>{2, config.embed_dims[i], (height + stride - 1) / stride,
                                                         (width + stride - 1) / stride}));
        EXPECT_TRUE(maps[i].is_contiguous(torch::MemoryFormat::ChannelsLast));
        EXPECT_TRUE(maps[i].isfinite().all().item<bool>());
        const bool normed = maps[i].mean(1).abs().max().item<double>() < 1e-4;
        EXPECT_EQ(normed, stage_norms || i == 3) << "map " << i << " of " << height << " x " << width;
      }
    }
  }
}

TEST(PatchPyramidTest, OnlyTheLastStageHasANormWhereStagesHaveNone) {
  const auto names = Pyramid(patch_config(false))->named_parameters();
  EXPECT_FALSE(names.contains("stages.0.norm.weight"));
  EXPECT_TRUE(names.contains("stages.3.norm.weight"));
  EXPECT_TRUE(names.contains("stem.proj.weight"));
  EXPECT_TRUE(names.contains("stages.1.downsample.reduction.weight"));
}

TEST(PatchPyramidTest, ConfigsOfBeforeReadAsBefore) {
  Json old = to_json_config(PyramidConfig{});
  old.erase("embedding");
  old.erase("stage_norms");
  const auto config = config_from_json<PyramidConfig>(old, "backbone");
  EXPECT_EQ(config.embedding, "convolutional");
  EXPECT_TRUE(config.stage_norms);
}

TEST(PatchPyramidTest, CheckpointingChangesNoGradient) {
  const auto images = torch::randn({2, 3, test::random_int(9, 40), test::random_int(9, 40)});
  std::vector<torch::Tensor> gradients[2];
  for (const bool on : {false, true}) {
    torch::manual_seed(test::test_seed());
    Pyramid pyramid(patch_config(false));
    pyramid->set_gradient_checkpointing(on);
    const auto maps = pyramid->forward_intermediates(images);
    (maps[0].square().sum() + maps[3].square().cumsum(1).sum()).backward();
    for (const auto& parameter : pyramid->parameters()) gradients[on].push_back(parameter.grad());
  }
  for (size_t i = 0; i < gradients[0].size(); ++i) {
    EXPECT_TRUE(torch::allclose(gradients[0][i], gradients[1][i], 1e-4, 1e-5)) << i;
  }
}

TEST(PatchPyramidTest, CostsCountEveryLayer) {
  auto config = patch_config(true);
  const double with_windows = PyramidImpl(config).cost(64, 80).flops;
  config.embedding = "convolutional";
  EXPECT_NE(PyramidImpl(config).cost(64, 80).flops, with_windows);
  EXPECT_GT(with_windows, PyramidImpl(patch_config(true)).cost(64, 80).attention.flops);
}

}  // namespace
}  // namespace multipole
