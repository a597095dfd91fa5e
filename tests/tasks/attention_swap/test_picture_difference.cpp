#include <gtest/gtest.h>
#include <torch/types.h>

#include "engine/weights/attention_swap.h"
#include "tasks/attention_swap/picture_difference.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

constexpr int64_t kPatch = 4;

// A vision transformer of random weights, and the same with multipole attention in cells of two tokens, each far cell seen
// as one mean: coarse, so that single precision shows what differs.
struct Pair {
  VisionModel reference{nullptr}, swapped{nullptr};
};

Pair random_pair(int64_t num_classes) {
  torch::manual_seed(test::test_seed());
  LoadedModel loaded;
  auto& architecture = loaded.metadata.architecture;
  architecture.preset = "";
  architecture.backbone = {{"family", "vit"}, {"image_size", 32}, {"patch_size", kPatch}, {"embed_dim", 24},
                           {"num_heads", 2},  {"depth", 3},       {"class_token", true},  {"register_tokens", 1}};
  architecture.head =
      num_classes > 0 ? Json{{"type", "classification"}, {"pooling", "embedding"}} : Json{{"type", "embedding"}};
  architecture.num_classes = num_classes;
  architecture = resolve_model_config(architecture);
  loaded.model = VisionModel(architecture);
  loaded.model->eval();
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : loaded.model->parameters()) parameter.add_(torch::randn_like(parameter) * 0.1);
  }
  Pair pair;
  pair.reference = loaded.model;
  pair.swapped = swap_attention(loaded, R"({"type": "multipole2d", "cell": 2, "rank": 1, "hot": 3})", "attention").model;
  return pair;
}

torch::Tensor random_picture(int64_t rows, int64_t columns) {
  return torch::randn({1, 3, rows * kPatch, columns * kPatch});
}

TEST(PictureDifference, IsNothingWhereThereIsNoFarLevel) {
  Pair pair = random_pair(5);
  const auto found = picture_difference(pair.reference, pair.swapped,
                                        random_picture(test::random_int(1, 4), test::random_int(1, 4)), {});
  ASSERT_EQ(found.blocks.size(), 3);
  for (const auto& block : found.blocks) EXPECT_LT(block.difference, 1e-9 * block.reference) << block.name;
  EXPECT_NEAR(found.embedding_cosine, 1, 1e-5);
  EXPECT_NEAR(found.patch_cosine.min().item<double>(), 1, 1e-5);
  EXPECT_TRUE(found.classes.equal(found.reference_classes));
}

TEST(PictureDifference, GivesEachBlockWhatTheReferenceSees) {
  Pair pair = random_pair(5);
  const int64_t rows = test::random_int(9, 14), columns = test::random_int(9, 14);
  const auto images = random_picture(rows, columns);
  const auto found = picture_difference(pair.reference, pair.swapped, images, {});
  EXPECT_EQ(found.tokens, rows * columns);
  EXPECT_EQ(found.patch_cosine.size(0), rows);
  EXPECT_EQ(found.patch_cosine.size(1), columns);

  // the last block's, by hand
  const torch::NoGradGuard no_grad;
  AttentionCall last;
  pair.reference->backbone()->observe_attention_calls([&](const AttentionPlace&, const AttentionCall& call) {
    last = {.input = call.input.clone(), .grid = call.grid, .output = call.output.clone()};
  });
  pair.reference->forward(images);
  pair.reference->backbone()->observe_attention_calls({});
  Attention* other = nullptr;
  pair.swapped->backbone()->visit_attention([&](const AttentionPlace&, Attention& attention) { other = &attention; });
  const auto output = other->forward_sequence(last.input, last.grid);
  const double difference = (output - last.output).square().sum().item<double>();
  EXPECT_GT(difference, 0);
  EXPECT_NEAR(found.blocks.back().difference, difference, 1e-4 * difference);
  EXPECT_NEAR(found.blocks.back().reference, last.output.square().sum().item<double>(), 1e-3);

  const auto own = pair.reference->backbone()->embed(images), swapped = pair.swapped->backbone()->embed(images);
  EXPECT_NEAR(found.embedding_cosine, torch::cosine_similarity(own, swapped).item<double>(), 1e-5);
  EXPECT_LT(found.embedding_cosine, 1);
}

TEST(PictureDifference, AsksNothingOfAModelWithoutClasses) {
  Pair pair = random_pair(0);
  const auto found = picture_difference(pair.reference, pair.swapped, random_picture(6, 6), {});
  EXPECT_FALSE(found.classes.defined());
}

TEST(PassCost, TakesTimeAndMemory) {
  Pair pair = random_pair(5);
  const auto cost = pass_cost(pair.reference, random_picture(12, 12), {});
  EXPECT_GT(cost.seconds, 0);
  EXPECT_GT(cost.bytes, 144 * 24 * 4);
}

}  // namespace
}  // namespace multipole
