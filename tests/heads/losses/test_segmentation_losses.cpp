#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "heads/losses/cross_entropy.h"
#include "heads/losses/ohem.h"
#include "heads/losses/overlap.h"
#include "heads/losses/pixel_cross_entropy.h"
#include "heads/losses/segmentation_loss.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

constexpr int64_t kIgnored = 255;

struct PixelCase {
  torch::Tensor logits, targets;
};

PixelCase random_case(int64_t classes) {
  const int64_t batch = random_int(1, 3), height = random_int(1, 6), width = random_int(2, 6);
  auto targets = torch::randint(classes, {batch, height, width}, torch::kLong);
  targets.masked_fill_(torch::rand({batch, height, width}).lt(0.2), kIgnored);
  targets[0][0][0] = 0;
  return {torch::randn({batch, classes, height, width}, torch::kDouble), targets};
}

// The Jaccard loss of class `label` where `wrong` pixels of the (N) truth are mistaken: the set function that the
// Lovasz extension extends.
double jaccard_loss(const std::vector<bool>& truth, const std::vector<bool>& wrong) {
  double intersection = 0, united = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const bool taken = truth[i] != wrong[i];
    intersection += truth[i] && taken;
    united += truth[i] || taken;
  }
  return united == 0 ? 0 : 1 - intersection / united;
}

// The extension by its definition: sum over the errors from the largest to the smallest of the error times what the
// pixel adds to the set function.
double lovasz_by_definition(const torch::Tensor& probabilities, const torch::Tensor& targets) {
  const auto rows = probabilities.permute({0, 2, 3, 1}).reshape({-1, probabilities.size(1)});
  const auto labels = targets.flatten();
  double sum = 0, present = 0;
  for (int64_t label = 0; label < rows.size(1); ++label) {
    std::vector<bool> truth;
    std::vector<double> errors;
    for (int64_t i = 0; i < labels.numel(); ++i) {
      const auto own = labels[i].item<int64_t>();
      if (own == kIgnored) continue;
      truth.push_back(own == label);
      const auto p = rows[i][label].item<double>();
      errors.push_back(own == label ? 1 - p : p);
    }
    if (std::none_of(truth.begin(), truth.end(), [](bool t) { return t; })) continue;
    std::vector<size_t> order(truth.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return errors[a] > errors[b]; });
    std::vector<bool> wrong(truth.size());
    double before = 0;
    for (const size_t i : order) {
      wrong[i] = true;
      const double after = jaccard_loss(truth, wrong);
      sum += errors[i] * (after - before);
      before = after;
    }
    ++present;
  }
  return sum / present;
}

double dice_by_definition(const torch::Tensor& probabilities, const torch::Tensor& targets) {
  double sum = 0, present = 0;
  for (int64_t label = 0; label < probabilities.size(1); ++label) {
    const auto counted = targets.ne(kIgnored), truth = targets.eq(label);
    if (!truth.any().item<bool>()) continue;
    const auto p = probabilities.select(1, label);
    const auto overlap = (p * truth).sum().item<double>();
    sum += 1 - 2 * overlap / ((p * counted).sum() + truth.sum()).item<double>();
    ++present;
  }
  return sum / present;
}

TEST(PixelCrossEntropy, WithoutWeightsItIsTheCrossEntropy) {
  const auto [logits, targets] = random_case(random_int(2, 6));
  for (const double smoothing : {0.0, 0.1}) {
    const auto expected = cross_entropy(logits, targets, smoothing, kIgnored).item<double>();
    const auto loss = weighted_mean(pixel_cross_entropy(logits, targets, kIgnored, {}, smoothing)).item<double>();
    EXPECT_NEAR(loss, expected, 1e-12);
  }
}

TEST(PixelCrossEntropy, WeightsCountAPixelSoManyTimes) {
  const auto [logits, targets] = random_case(3);
  const auto weights = torch::tensor({1.0, 2.0, 3.0}, torch::kDouble);
  // a class of weight n is n copies of each of its pixels
  const auto rows = logits.permute({0, 2, 3, 1}).reshape({-1, 3});
  const auto labels = targets.flatten();
  const auto copies = torch::where(labels.eq(kIgnored), torch::zeros_like(labels), labels + 1);
  const auto repeated = torch::repeat_interleave(torch::arange(labels.numel()), copies);
  const auto expected = cross_entropy(rows.index_select(0, repeated), labels.index_select(0, repeated));
  const auto loss = weighted_mean(pixel_cross_entropy(logits, targets, kIgnored, weights));
  EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-12);
}

TEST(Ohem, KeepsThePixelsBelowTheThresholdAndAtLeastItsShare) {
  // probabilities of the true class: 0.1, 0.3, 0.5, ..., 0.9 and one ignored
  const std::vector<double> probabilities = {0.1, 0.3, 0.5, 0.7, 0.9, 0.2};
  const auto p = torch::tensor(probabilities, torch::kDouble);
  const auto logits = torch::stack({p.log(), (1 - p).log()}).unsqueeze(0).unsqueeze(2);
  auto targets = torch::zeros({1, 1, 6}, torch::kLong);
  targets[0][0][5] = kIgnored;
  const auto pixels = pixel_cross_entropy(logits, targets, kIgnored);
  const auto kept = [&](const OhemConfig& config) {
    return keep_hard(pixels, pixels.losses, config).weights.sum().item<double>();
  };
  EXPECT_EQ(kept({.threshold = 0.6, .min_kept = 0.01}), 3);
  EXPECT_EQ(kept({.threshold = 0.05, .min_kept = 0.4}), 2);
  EXPECT_EQ(kept({.threshold = 0.05, .min_kept = 0.01}), 1);
}

TEST(OverlapLosses, AreWhatTheirDefinitionsSay) {
  const auto [logits, targets] = random_case(random_int(2, 5));
  const auto probabilities = torch::softmax(logits, 1);
  EXPECT_NEAR(lovasz_softmax_loss(probabilities, targets, kIgnored).item<double>(),
              lovasz_by_definition(probabilities, targets), 1e-10);
  EXPECT_NEAR(dice_loss(probabilities, targets, kIgnored).item<double>(), dice_by_definition(probabilities, targets),
              1e-10);
}

TEST(OverlapLosses, APerfectPredictionCostsNothing) {
  const auto targets = torch::tensor({{{0, 1, 2, 255}}});
  const auto probabilities =
      torch::one_hot(targets.masked_fill(targets.eq(kIgnored), 0), 3).to(torch::kDouble).permute({0, 3, 1, 2});
  EXPECT_NEAR(lovasz_softmax_loss(probabilities, targets, kIgnored).item<double>(), 0, 1e-12);
  EXPECT_NEAR(dice_loss(probabilities, targets, kIgnored).item<double>(), 0, 1e-12);
}

SegmentationLoss all_parts(const torch::Tensor& weights) {
  SegmentationLossConfig config;
  config.dice = 0.5;
  config.lovasz = 0.3;
  config.ohem.threshold = 0.9;
  return {config, 0.1, weights};
}

TEST(SegmentationLoss, NothingLabelledGivesZeroAndFiniteGradients) {
  const auto logits = torch::randn({1, 3, 2, 4}, torch::requires_grad());
  const auto targets = torch::full({1, 2, 4}, kIgnored, torch::kLong);
  const auto loss = all_parts(torch::tensor({1.f, 2.f, 3.f}))({logits, logits * 2}, targets);
  EXPECT_EQ(loss.item<double>(), 0);
  loss.backward();
  EXPECT_TRUE(logits.grad().eq(0).all().item<bool>());
}

TEST(SegmentationLoss, GradientsAreThoseOfFiniteDifferences) {
  const auto [logits, targets] = random_case(4);
  const auto loss = all_parts(torch::tensor({1.0, 0.5, 2.0, 1.5}, torch::kDouble));
  const auto labels = targets;
  const auto function = [&](const std::vector<torch::Tensor>& inputs) { return loss(inputs, labels); };
  EXPECT_EQ(test::gradcheck(function, {logits, torch::randn_like(logits)}), "");
}

TEST(SegmentationLoss, RareClassesWeighMoreAndTheMeanWeightIsOne) {
  const std::vector<int64_t> pixels = {1000, 100, 10, 0};
  const auto weights = balanced_pixel_weights(pixels);
  EXPECT_LT(weights[0].item<double>(), weights[1].item<double>());
  EXPECT_NEAR(weights[2].item<double>() / weights[1].item<double>(), std::sqrt(10.0), 1e-5);
  EXPECT_EQ(weights[3].item<double>(), weights[2].item<double>());
  const auto counts = torch::tensor(pixels, torch::kFloat);
  EXPECT_NEAR(((weights * counts).sum() / counts.sum()).item<double>(), 1, 1e-5);
}

TEST(SegmentationLoss, WrongConfigsAreRefused) {
  const auto read = [](const Json& json) { return config_from_json<SegmentationLossConfig>(json, "loss"); };
  EXPECT_THROW(read({{"dice", -1}}), ConfigError);
  EXPECT_THROW(read({{"cross_entropy", 0}}), ConfigError);
  EXPECT_THROW(read({{"ohem", {{"threshold", 1.0}}}}), ConfigError);
  EXPECT_NO_THROW(read({{"cross_entropy", 0}, {"lovasz", 1}}));
}

}  // namespace
}  // namespace multipole
