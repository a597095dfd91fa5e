#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "backbone/layers/patch_embedding.h"
#include "tests/support/random_source.h"
#include "tests/support/stale_memory.h"

namespace multipole {
namespace {

using test::random_int;

// The definition: every patch times the weights, in float64.
torch::Tensor expected_tokens(const PatchEmbedding& embedding, const torch::Tensor& images) {
  const int64_t side = embedding->weight.size(2);
  const auto pad = [&](int64_t size) { return (size + side - 1) / side * side - size; };
  const auto whole =
      torch::constant_pad_nd(images.to(torch::kFloat64), {0, pad(images.size(3)), 0, pad(images.size(2))});
  const auto weight = embedding->weight.to(torch::kFloat64);
  std::vector<torch::Tensor> rows;
  for (int64_t y = 0; y < whole.size(2); y += side) {
    std::vector<torch::Tensor> tokens;
    for (int64_t x = 0; x < whole.size(3); x += side) {
      const auto patch = whole.narrow(2, y, side).narrow(3, x, side);
      tokens.push_back((patch.unsqueeze(1) * weight).sum({2, 3, 4}) + embedding->bias.to(torch::kFloat64));
    }
    rows.push_back(torch::stack(tokens, 1));
  }
  return torch::stack(rows, 1);
}

// Channels and patches that fill rows of AMX tiles, and maps of one column, among random ones.
TEST(PatchEmbeddingTest, TokensAreProductsOfPatches) {
  torch::manual_seed(test::test_seed());
  const torch::NoGradGuard no_grad;
  constexpr int64_t kChannels[] = {3, 1, 4, 8, 16, 24, 5}, kPatches[] = {8, 4, 16, 2, 14, 7};
  for (int round = 0; round < 84; ++round) {
    const int64_t channels = kChannels[round % 7], side = kPatches[round % 6];
    PatchEmbedding embedding(channels, random_int(1, 40), side);
    const int64_t height = random_int(1, 9 * side),
                  width = round % 3 == 0 ? random_int(1, side) : random_int(1, 5 * side);
    const auto type = round % 4 == 3 ? torch::kFloat32 : torch::kBFloat16;
    embedding->to(type);
    const auto layout = round % 5 < 2 ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
    const auto images = torch::randn({random_int(1, 3), channels, height, width}).to(type).contiguous(layout);
    SCOPED_TRACE(testing::Message() << images.sizes() << ", patches of " << side << ", " << type);
    test::leave_nan_in_free_memory();
    const auto tokens = embedding(images, PartialPatches::kPad);
    const auto expected = expected_tokens(embedding, images);
    ASSERT_EQ(tokens.sizes(), expected.sizes());
    EXPECT_TRUE(tokens.is_contiguous());
    // one rounding of the result and of the sum before the bias is added
    const double limit = type == torch::kFloat32 ? 1e-5 : 1.0 / 64;
    EXPECT_LE((tokens.to(torch::kFloat64) - expected).abs().max().item<double>(),
              limit * (1 + expected.abs().max().item<double>()));
  }
}

}  // namespace
}  // namespace multipole
