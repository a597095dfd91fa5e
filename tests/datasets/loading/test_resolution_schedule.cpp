#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/loading/loader.h"
#include "datasets/loading/resolution_schedule.h"
#include "datasets/pictures/resize.h"
#include "datasets/synthetic/synthetic.h"
#include "tests/datasets/numbered_dataset.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

std::vector<int64_t> sizes_of(const ResolutionSchedule& schedule, int64_t image_size, int64_t epochs) {
  std::vector<int64_t> sizes;
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    sizes.push_back(picture_size(schedule, image_size, epoch, epochs));
  }
  return sizes;
}

TEST(ResolutionScheduleTest, GrowsBySteadyStepsAndThenStays) {
  EXPECT_EQ(sizes_of({.first = 0.5, .until = 0.5, .multiple = 4}, 32, 8),
            (std::vector<int64_t>{16, 20, 24, 28, 32, 32, 32, 32}));
  EXPECT_EQ(sizes_of({.first = 0.5, .until = 1, .multiple = 16}, 32, 4), (std::vector<int64_t>{16, 16, 32, 32}));
  EXPECT_EQ(sizes_of({}, 32, 3), (std::vector<int64_t>{32, 32, 32})) << "off";
  EXPECT_EQ(sizes_of({.first = 0.25, .until = 0}, 32, 2), (std::vector<int64_t>{32, 32})) << "no epoch of growth";
  EXPECT_EQ(sizes_of({.first = 0.1, .until = 1, .multiple = 64}, 32, 2), (std::vector<int64_t>{32, 32}))
      << "no multiple is smaller";
}

TEST(ResolutionScheduleTest, SizesAreMultiplesThatNeverShrink) {
  for (int round = 0; round < 200; ++round) {
    const int64_t image_size = random_int(1, 300), epochs = random_int(1, 40);
    const ResolutionSchedule schedule{.first = static_cast<double>(random_int(1, 100)) / 100,
                                      .until = static_cast<double>(random_int(0, 100)) / 100,
                                      .multiple = random_int(1, 40)};
    SCOPED_TRACE(testing::Message() << schedule.first << " until " << schedule.until << " by " << schedule.multiple
                                    << ", " << image_size << " pixels, " << epochs << " epochs");
    int64_t before = 1;
    for (const int64_t size : sizes_of(schedule, image_size, epochs)) {
      EXPECT_GE(size, before);
      EXPECT_LE(size, image_size);
      EXPECT_TRUE(size == image_size || size % schedule.multiple == 0) << size;
      before = size;
    }
    EXPECT_EQ(picture_size(schedule, image_size, epochs, epochs), image_size);
  }
}

TEST(ResolutionScheduleTest, RefusesValuesOutOfRange) {
  const auto message = [](const ResolutionSchedule& schedule) -> std::string {
    try {
      schedule.validate("resolution");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({}), "");
  EXPECT_EQ(message({.first = 0}), "resolution.first: must be above 0 and at most 1, got 0.0");
  EXPECT_EQ(message({.first = 1.5}), "resolution.first: must be above 0 and at most 1, got 1.5");
  EXPECT_EQ(message({.until = -0.5}), "resolution.until: must be in [0, 1], got -0.5");
  EXPECT_EQ(message({.multiple = 0}), "resolution.multiple: must be from 1 to 1024, got 0");
}

// Bytes resized by the rules of evaluation are the oracle: they differ by their rounding.
TEST(ResolutionScheduleTest, ABatchIsResizedAsPicturesAre) {
  torch::manual_seed(test::test_seed());
  for (int round = 0; round < 10; ++round) {
    const int64_t from = random_int(2, 60), size = random_int(1, from);
    const auto bytes = torch::randint(0, 256, {3, from, from, 3}, torch::kUInt8);
    const auto resized = resize_batch(bytes.to(torch::kFloat).permute({0, 3, 1, 2}), size);
    ASSERT_EQ(resized.sizes(), (std::vector<int64_t>{3, 3, size, size}));
    EXPECT_TRUE(resized.is_contiguous(torch::MemoryFormat::ChannelsLast));
    for (int64_t i = 0; i < 3; ++i) {
      const auto expected = resize(bytes[i], size, size, Interpolation::kBilinear);
      const auto difference = resized[i].permute({1, 2, 0}) - expected.to(torch::kFloat);
      EXPECT_LE(difference.abs().max().item<double>(), 1.01) << from << " to " << size;
    }
  }
}

TEST(ResolutionScheduleTest, ALoaderResizesEachEpochToItsSizeWhateverItsWorkers) {
  const auto dataset = std::make_shared<SyntheticDataset>(
      SyntheticConfig{.image_size = 16, .train_images = 20, .seed = random_int(0, 1000)}, "train");
  LoaderOptions options{.batch_size = 6, .num_workers = 0, .shuffle = true, .seed = 3};
  options.mix = {.mixup_alpha = 0.3, .cutmix_alpha = 1.0, .probability = 0.7};
  options.picture_size = [](int64_t epoch) { return 8 + 4 * epoch; };
  Loader reference(dataset, make_train_transform({}, test::kSmall), test::kSmall, options);
  options.num_workers = 3;
  Loader loader(dataset, make_train_transform({}, test::kSmall), test::kSmall, options);
  for (const int64_t epoch : {0, 1, 2}) {
    const auto wanted = test::run_epoch(reference, epoch);
    ASSERT_EQ(wanted.size(), 4u);
    EXPECT_EQ(wanted[0].images.size(2), 8 + 4 * epoch);
    const auto found = test::run_epoch(loader, epoch), rest = test::run_epoch(loader, epoch, 2);
    for (size_t i = 0; i < wanted.size(); ++i) EXPECT_TRUE(found.at(i).images.equal(wanted[i].images)) << i;
    for (size_t i = 2; i < wanted.size(); ++i) EXPECT_TRUE(rest.at(i - 2).images.equal(wanted[i].images)) << i;
  }
  // the whole size is that of a loader without a schedule, to the bit
  options.picture_size = {};
  Loader plain(dataset, make_train_transform({}, test::kSmall), test::kSmall, options);
  EXPECT_TRUE(test::run_epoch(plain, 2)[0].images.equal(test::run_epoch(reference, 2)[0].images));
}

TEST(ResolutionScheduleTest, ABatchOfNothingStaysOne) {
  LoaderOptions options{.batch_size = 2, .num_workers = 0};
  options.picture_size = [](int64_t) { return 8; };
  const auto unreadable = std::make_shared<test::NumberedDataset>(2, [](int64_t) { throw InputError("torn"); });
  Loader loader(unreadable, make_eval_transform(test::kSmall), test::kSmall, options);
  const auto batches = test::run_epoch(loader, 0);
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].size(), 0);
  EXPECT_EQ(batches[0].bad.size(), 2u);
}

}  // namespace
}  // namespace multipole
