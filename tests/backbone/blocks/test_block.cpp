#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/blocks/block.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

BlockShape shape_of(const std::string& attention, bool position_conv, double layer_scale_init) {
  return {.attention_shape = {.embed_dim = 8, .num_heads = 2, .grid_size = 32},
          .attention = {{"type", attention}},
          .hidden_dim = 32,
          .layer_scale_init = layer_scale_init,
          .position_conv = position_conv};
}

BlockShape with_mlp_conv(BlockShape shape) {
  shape.mlp_conv = true;
  return shape;
}

BlockShape with_mlp_kernel(BlockShape shape) {
  shape.mlp_kernel = 3;
  return shape;
}

// Without a graph a block adds in place and goes through its tokens in slices.
TEST(BlockTest, InferenceIsTheForwardPassAndLeavesItsInputAlone) {
  torch::manual_seed(test::test_seed());
  for (const auto& type : attention_types()) {
    for (const bool position_conv : {false, true}) {
      SCOPED_TRACE(testing::Message() << type << ", position_conv " << position_conv);
      const BlockShape shape = shape_of(type, position_conv, position_conv ? 0.5 : 0.0);
      for (const BlockShape& kind : {shape, with_mlp_conv(shape), with_mlp_kernel(shape)}) {
        Block block(kind, 0.1, "block");
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
}

TEST(BlockTest, AConvolutionTakesAGridAndNoSequence) {
  const BlockShape plain = shape_of("full", false, 0.0);
  for (const auto& shape : {shape_of("full", true, 0.0), with_mlp_conv(plain), with_mlp_kernel(plain)}) {
    Block block(shape, 0.0, "block");
    EXPECT_THROW(block->forward_sequence(torch::randn({1, 6, 8}), {.height = 2, .width = 3, .rotary = {}}), c10::Error);
  }
}

}  // namespace
}  // namespace multipole
