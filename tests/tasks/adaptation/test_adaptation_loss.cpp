#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/types.h>

#include "engine/weights/attention_swap.h"
#include "tasks/adaptation/adaptation_loss.h"
#include "tasks/adaptation/adaptation_training.h"
#include "tasks/attention_swap/picture_difference.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vit_file.h"

namespace multipole {
namespace {

constexpr int64_t kPatch = 4, kCell = 3;

class AdaptationLoss : public testing::Test {
 protected:
  AdaptationLoss() {
    torch::manual_seed(test::test_seed());
    const auto path = folder_ / "vit.safetensors";
    test::write_random_vit(path, {"a", "b"});
    AdaptationConfig config;
    config.model = path.string();
    config.attention = {{"type", "multipole2d"}, {"cell", kCell}, {"hot", 3}};
    reference_ = load_model(path).model;
    swapped_ = adaptable_model(resolve_adaptation_config(config)).model;
  }

  static torch::Tensor pictures(int64_t count, int64_t smallest, int64_t largest) {
    return torch::randn(
        {count, 3, kPatch * test::random_int(smallest, largest), kPatch * test::random_int(smallest, largest)});
  }

  const test::TemporaryFolder folder_;
  VisionModel reference_{nullptr}, swapped_{nullptr};
};

TEST_F(AdaptationLoss, IsNothingWhereThereIsNoFarLevel) {
  const auto images = pictures(2, 1, 2 * kCell);
  const auto pass = reference_pass(reference_, swapped_, images);
  EXPECT_LT(pass.block_error.item<double>(), 1e-9);
  EXPECT_LT(feature_distance(swapped_->backbone()->forward_all(images), pass.features).item<double>(), 1e-5);
}

TEST_F(AdaptationLoss, IsWhatThePicturesDifferBy) {
  const auto images = pictures(1, 2 * kCell + 1, 20);
  const auto pass = reference_pass(reference_, swapped_, images);
  EXPECT_FALSE(pass.features.embedding.requires_grad());
  const auto distance = feature_distance(swapped_->backbone()->forward_all(images), pass.features).item<double>();
  const auto difference = picture_difference(reference_, swapped_, images, {});
  double error = 0;
  for (const auto& block : difference.blocks) error += block.difference / block.reference;
  EXPECT_NEAR(pass.block_error.item<double>(), error / 2, 1e-4 * error);
  EXPECT_GT(error, 0);
  const double cosines = difference.embedding_cosine + difference.patch_cosine.mean().item<double>();
  EXPECT_NEAR(distance, 1 - cosines / 2, 1e-5);
}

TEST_F(AdaptationLoss, ReachesEveryGateAndNothingElse) {
  const auto images = pictures(2, 4 * kCell + 1, 20);
  for (const bool end_to_end : {false, true}) {
    const auto pass = reference_pass(reference_, swapped_, images);
    auto loss =
        end_to_end ? feature_distance(swapped_->backbone()->forward_all(images), pass.features) : pass.block_error;
    loss.backward();
    for (auto& parameter : swapped_->named_parameters()) {
      const bool is_gate = is_added_by_attention(parameter.key());
      ASSERT_EQ(parameter->grad().defined(), is_gate) << parameter.key() << " end to end " << end_to_end;
      if (is_gate) {
        EXPECT_GT(parameter->grad().abs().sum().item<double>(), 0) << parameter.key();
      }
      parameter->mutable_grad().reset();
    }
    for (const auto& parameter : reference_->parameters()) EXPECT_FALSE(parameter.grad().defined());
  }
}

TEST_F(AdaptationLoss, FallsInAFewSteps) {
  const auto images = pictures(2, 14, 20);
  std::vector<torch::Tensor> gates;
  for (const auto& parameter : swapped_->parameters()) {
    if (parameter.requires_grad()) gates.push_back(parameter);
  }
  torch::optim::Adam adam(gates, torch::optim::AdamOptions(0.02));
  double first = 0, last = 0;
  for (int step = 0; step < 20; ++step) {
    const auto loss = reference_pass(reference_, swapped_, images).block_error;
    last = loss.item<double>();
    if (step == 0) first = last;
    adam.zero_grad();
    loss.backward();
    adam.step();
  }
  EXPECT_LT(last, 0.9 * first);
}

}  // namespace
}  // namespace multipole
