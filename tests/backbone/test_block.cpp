#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "backbone/attention/attention.h"
#include "backbone/block.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

PyramidConfig config_of(const std::string& attention, bool position_conv, double layer_scale_init) {
  PyramidConfig config;
  config.image_size = 64;
  config.stem_stride = 2;
  config.embed_dims = {8, 12, 16, 20};
  config.depths = {1, 1, 1, 1};
  config.num_heads = {2, 3, 4, 5};
  config.attention = {{"type", attention}};
  config.position_conv = position_conv;
  config.layer_scale_init = layer_scale_init;
  return config;
}

// Without a graph a block adds in place and goes through its tokens in slices.
TEST(BlockTest, InferenceIsTheForwardPassAndLeavesItsInputAlone) {
  torch::manual_seed(test::test_seed());
  for (const auto& type : attention_types()) {
    for (const bool position_conv : {false, true}) {
      SCOPED_TRACE(testing::Message() << type << ", position_conv " << position_conv);
      Block block(config_of(type, position_conv, position_conv ? 0.5 : 0.0), 0, 0, 0.1);
      block->eval();
      const auto x = torch::randn({2, test::random_int(30, 40), test::random_int(20, 33), 8}), copy = x.clone();
      const auto expected = block(x);
      torch::NoGradGuard no_grad;
      const auto out = block(x);
      EXPECT_TRUE(x.equal(copy));
      EXPECT_TRUE(torch::allclose(out, expected, 1e-4, 1e-5)) << (out - expected).abs().max();
    }
  }
}

}  // namespace
}  // namespace multipole
