// Mixup and CutMix: what the pictures and the weights of the labels become.
#include <gtest/gtest.h>

#include "datasets/augmentation/batch_mix.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// Picture i is i everywhere, so a pixel tells where it came from; its label is 10 * i.
Batch numbered_batch(int64_t count, int64_t size) {
  Batch batch;
  batch.images = torch::arange(count, torch::kFloat).view({count, 1, 1, 1}).expand({count, 3, size, size}).clone();
  batch.labels = torch::arange(count, torch::kLong) * 10;
  for (int64_t i = 0; i < count; ++i) batch.indices.push_back(i);
  return batch;
}

TEST(BatchMix, WeightsAreTheSharesOfThePictures) {
  for (const bool cutmix : {false, true}) {
    BatchMixConfig config;
    (cutmix ? config.cutmix_alpha : config.mixup_alpha) = 0.8;
    bool varied = false;
    for (uint64_t round = 0; round < 50; ++round) {
      const int64_t count = test::random_int(2, 9), size = test::random_int(1, 13);
      Batch batch = numbered_batch(count, size);
      SampleRandom random(static_cast<uint64_t>(test::test_seed()), round, 0);
      mix_batch(batch, config, random);
      ASSERT_TRUE(batch.mixed_labels.defined());
      EXPECT_TRUE(torch::equal(batch.mixed_labels, batch.labels.flip({0})));
      EXPECT_TRUE(batch.mix_weight >= 0.0 && batch.mix_weight <= 1.0);
      for (int64_t i = 0; i < count; ++i) {
        // the mean of a picture is the mix of the two numbers by the weight
        const double wanted =
            batch.mix_weight * static_cast<double>(i) + (1.0 - batch.mix_weight) * static_cast<double>(count - 1 - i);
        EXPECT_NEAR(batch.images[i].to(torch::kDouble).mean().item<double>(), wanted, 1e-5);
        if (cutmix) {
          const torch::Tensor own = batch.images[i] == static_cast<float>(i);
          const torch::Tensor other = batch.images[i] == static_cast<float>(count - 1 - i);
          EXPECT_TRUE((own | other).all().item<bool>()) << "CutMix copies, it does not blend";
        }
      }
      varied |= batch.mix_weight > 0.05 && batch.mix_weight < 0.95;
    }
    EXPECT_TRUE(varied);
  }
}

TEST(BatchMix, NothingHappensAtProbabilityZeroOrWithOnePicture) {
  for (const auto& [count, probability] : {std::pair<int64_t, double>{4, 0.0}, {1, 1.0}, {0, 1.0}}) {
    Batch batch = numbered_batch(count, 3);
    SampleRandom random(1, 2, 3);
    mix_batch(batch, {.mixup_alpha = 1.0, .cutmix_alpha = 1.0, .probability = probability}, random);
    EXPECT_FALSE(batch.mixed_labels.defined());
    EXPECT_EQ(batch.mix_weight, 1.0);
    EXPECT_TRUE(torch::equal(batch.images, numbered_batch(count, 3).images));
  }
}

TEST(BatchMix, SoftTargetsSumToOne) {
  Batch batch = numbered_batch(4, 2);
  batch.labels = torch::tensor({0, 1, 2, 2});
  EXPECT_TRUE(torch::equal(soft_targets(batch, 3), torch::one_hot(batch.labels, 3).to(torch::kFloat)));
  batch.mixed_labels = batch.labels.flip({0});
  batch.mix_weight = 0.75;
  const torch::Tensor targets = soft_targets(batch, 3, 0.1);
  EXPECT_TRUE(torch::allclose(targets.sum(1), torch::ones(4)));
  EXPECT_NEAR(targets[0][0].item<double>(), 0.9 * 0.75 + 0.1 / 3, 1e-6);
  EXPECT_NEAR(targets[0][2].item<double>(), 0.9 * 0.25 + 0.1 / 3, 1e-6);
  EXPECT_NEAR(targets[0][1].item<double>(), 0.1 / 3, 1e-6);
}

TEST(BatchMix, MixedLabelsKeepTheirMeanWeight) {
  // Beta(a, a) is symmetric, so the weights of many batches average one half
  double sum = 0.0;
  for (uint64_t round = 0; round < 2000; ++round) {
    SampleRandom random(round, 0, 0);
    sum += random.symmetric_beta(0.2);
  }
  EXPECT_NEAR(sum / 2000.0, 0.5, 0.04);
}

}  // namespace
}  // namespace multipole
