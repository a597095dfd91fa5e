// The loader's promises: order, independence of the workers, resuming, bad samples, failures, no hang.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <set>
#include <thread>

#include "base/error.h"
#include "datasets/loading/loader.h"
#include "datasets/synthetic/synthetic.h"
#include "tests/datasets/numbered_dataset.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::indices_of;
using test::kSmall;
using test::NumberedDataset;
using test::run_epoch;

void expect_same(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].number, b[i].number);
    EXPECT_EQ(a[i].indices, b[i].indices);
    EXPECT_EQ(a[i].paths, b[i].paths);
    EXPECT_TRUE(torch::equal(a[i].images, b[i].images));
    EXPECT_TRUE(torch::equal(a[i].labels, b[i].labels));
    EXPECT_EQ(a[i].mix_weight, b[i].mix_weight);
  }
}

TEST(Loader, AnyNumberOfWorkersGivesTheSameBits) {
  const auto dataset = std::make_shared<SyntheticDataset>(
      SyntheticConfig{.image_size = 24, .train_images = 45, .seed = test::random_int(0, 1000)}, "train");
  AugmentationConfig augmentation;
  augmentation.rand_augment.num_ops = 2;
  augmentation.random_erasing.probability = 0.5;
  augmentation.color_jitter.brightness = 0.3;
  LoaderOptions options{.batch_size = 7, .num_workers = 0, .shuffle = true, .seed = 5};
  options.mix = {.mixup_alpha = 0.3, .cutmix_alpha = 1.0, .probability = 0.7};
  const auto transform = make_train_transform(augmentation, kSmall);
  Loader reference(dataset, transform, kSmall, options);
  for (const int64_t epoch : {0, 1, 9}) {
    const auto wanted = run_epoch(reference, epoch);
    EXPECT_EQ(wanted.size(), 7u);
    for (const int64_t num_workers : {1, 3}) {
      options.num_workers = num_workers;
      options.prefetch = test::random_int(1, 5);
      Loader loader(dataset, transform, kSmall, options);
      expect_same(run_epoch(loader, epoch), wanted);
    }
  }
}

TEST(Loader, BatchesAreNormalisedChannelsLast) {
  Loader loader(std::make_shared<NumberedDataset>(5), make_eval_transform(kSmall), kSmall, {.batch_size = 5});
  const auto batches = run_epoch(loader, 0);
  ASSERT_EQ(batches.size(), 1u);
  const torch::Tensor& images = batches[0].images;
  EXPECT_EQ(images.sizes(), (std::vector<int64_t>{5, 3, 16, 16}));
  EXPECT_TRUE(images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  for (int64_t i = 0; i < 5; ++i) {
    for (int64_t c = 0; c < 3; ++c) {
      const double wanted = (static_cast<double>(i) / 255.0 - kSmall.mean[c]) / kSmall.std[c];
      EXPECT_NEAR(images[i][c][3][4].item<double>(), wanted, 1e-5);
    }
  }
  EXPECT_EQ(batches[0].paths[3], "number/3");
  EXPECT_FALSE(batches[0].mixed_labels.defined());
}

TEST(Loader, ShufflesEachEpochAndVisitsEverySampleOnce) {
  LoaderOptions options{.batch_size = 8, .num_workers = 2, .shuffle = true, .seed = 1};
  const auto dataset = std::make_shared<NumberedDataset>(50);
  Loader loader(dataset, make_eval_transform(kSmall), kSmall, options);
  const auto first = indices_of(run_epoch(loader, 0)), second = indices_of(run_epoch(loader, 1));
  EXPECT_NE(first, second);
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), 50u);
  EXPECT_EQ(std::set(second.begin(), second.end()).size(), 50u);
  EXPECT_EQ(indices_of(run_epoch(loader, 0)), first);
  options.shuffle = false;
  Loader plain(dataset, make_eval_transform(kSmall), kSmall, options);
  std::vector<int64_t> in_order(50);
  std::iota(in_order.begin(), in_order.end(), 0);
  EXPECT_EQ(indices_of(run_epoch(plain, 3)), in_order);
}

TEST(Loader, NumberOfBatches) {
  const auto count = [](int64_t size, int64_t batch_size, bool drop_last) {
    Loader loader(std::make_shared<NumberedDataset>(size), make_eval_transform(kSmall), kSmall,
                  {.batch_size = batch_size, .drop_last = drop_last});
    const auto batches = run_epoch(loader, 0);
    EXPECT_EQ(static_cast<int64_t>(batches.size()), loader.num_batches());
    return loader.num_batches();
  };
  EXPECT_EQ(count(10, 4, false), 3);
  EXPECT_EQ(count(10, 4, true), 2);
  EXPECT_EQ(count(8, 4, false), 2);
  EXPECT_EQ(count(3, 4, true), 1) << "no epoch is empty";
  EXPECT_THROW(count(0, 4, false), ConfigError);
}

TEST(Loader, ResumesInTheMiddleOfAnEpoch) {
  LoaderOptions options{.batch_size = 4, .num_workers = 2, .shuffle = true, .seed = 3};
  options.mix.mixup_alpha = 1.0;
  Loader loader(std::make_shared<NumberedDataset>(30), make_train_transform({}, kSmall), kSmall, options);
  auto whole = run_epoch(loader, 2);
  for (const int64_t first : {0, 3, 7, 8}) {
    const auto rest = run_epoch(loader, 2, first);
    expect_same(rest, std::vector<Batch>(whole.begin() + first, whole.end()));
  }
  EXPECT_THROW(loader.start_epoch(0, 9), ConfigError);
}

TEST(Loader, BadSamplesAreLeftOutAndNamed) {
  const auto dataset = std::make_shared<NumberedDataset>(20, [](int64_t index) {
    if (index % 7 == 3) throw InputError("cannot read number/" + std::to_string(index) + ": truncated");
  });
  for (const int64_t num_workers : {0, 1, 3}) {
    Loader loader(dataset, make_eval_transform(kSmall), kSmall, {.batch_size = 6, .num_workers = num_workers});
    const auto batches = run_epoch(loader, 0);
    std::vector<int64_t> bad;
    for (const auto& batch : batches) {
      for (const auto& sample : batch.bad) {
        bad.push_back(sample.index);
        EXPECT_EQ(sample.path, "number/" + std::to_string(sample.index));
        EXPECT_NE(sample.reason.find("truncated"), std::string::npos);
      }
      EXPECT_EQ(batch.images.size(0), batch.size());
      EXPECT_EQ(batch.labels.size(0), batch.size());
    }
    EXPECT_EQ(bad, (std::vector<int64_t>{3, 10, 17}));
    EXPECT_EQ(indices_of(batches).size(), 17u);

    Loader strict(dataset, make_eval_transform(kSmall), kSmall,
                  {.batch_size = 6, .num_workers = num_workers, .max_bad = 0.1});
    EXPECT_THROW(run_epoch(strict, 0), InputError) << "3 of 20 are above 10%";
    Loader patient(dataset, make_eval_transform(kSmall), kSmall,
                   {.batch_size = 6, .num_workers = num_workers, .max_bad = 0.15});
    EXPECT_EQ(run_epoch(patient, 0).size(), 4u);
  }
}

TEST(Loader, ABatchOfBadSamplesOnlyIsEmpty) {
  const auto dataset = std::make_shared<NumberedDataset>(8, [](int64_t index) {
    if (index < 4) throw InputError("bad");
  });
  Loader loader(dataset, make_eval_transform(kSmall), kSmall, {.batch_size = 4});
  const auto batches = run_epoch(loader, 0);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].size(), 0);
  EXPECT_EQ(batches[0].bad.size(), 4u);
  EXPECT_EQ(batches[1].size(), 4);
}

// A failure that is no bad input reaches the caller from any place, names the sample, and leaves a usable loader.
TEST(Loader, OtherFailuresAreThrownWithTheSample) {
  for (const int64_t num_workers : {0, 1, 3}) {
    for (const int64_t failing : {0, 11, 29}) {
      std::atomic<bool> broken = true;
      const auto dataset = std::make_shared<NumberedDataset>(30, [&](int64_t index) {
        if (broken && index == failing) throw std::logic_error("the disk is on fire");
      });
      Loader loader(dataset, make_eval_transform(kSmall), kSmall, {.batch_size = 4, .num_workers = num_workers});
      try {
        run_epoch(loader, 0);
        ADD_FAILURE() << "nothing was thrown for sample " << failing;
      } catch (const std::runtime_error& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("number/" + std::to_string(failing) + ")"), std::string::npos) << text;
        EXPECT_NE(text.find("the disk is on fire"), std::string::npos) << text;
      }
      EXPECT_FALSE(loader.next().has_value()) << "the epoch is over";
      broken = false;
      EXPECT_EQ(run_epoch(loader, 1).size(), 8u);
    }
  }
}

TEST(Loader, EveryWorkerFailingAtOnceDoesNotHang) {
  const auto dataset = std::make_shared<NumberedDataset>(40, [](int64_t) { throw std::bad_alloc(); });
  Loader loader(dataset, make_eval_transform(kSmall), kSmall, {.batch_size = 2, .num_workers = 4});
  for (int round = 0; round < 20; ++round) EXPECT_THROW(run_epoch(loader, round), ResourceError);
}

TEST(Loader, MayBeAbandonedAtAnyPoint) {
  const auto dataset = std::make_shared<NumberedDataset>(64);
  for (int round = 0; round < 20; ++round) {
    Loader loader(dataset, make_eval_transform(kSmall), kSmall, {.batch_size = 4, .num_workers = 3, .prefetch = 2});
    loader.start_epoch(0);
    for (int64_t i = test::random_int(0, 5); i > 0; --i) loader.next();
    if (round % 2 != 0) continue;
    loader.start_epoch(1);
    const auto first = loader.next();
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->number, 0) << "nothing of the abandoned epoch is left";
  }
}

TEST(Loader, ReadsAheadNoFurtherThanAsked) {
  const auto dataset = std::make_shared<NumberedDataset>(400);
  Loader loader(dataset, make_eval_transform(kSmall), kSmall, {.batch_size = 4, .num_workers = 2, .prefetch = 3});
  loader.start_epoch(0);
  loader.next();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LE(dataset->num_reads, 4 * (1 + 3));
}

TEST(Loader, AReadThatNeverEndsIsNamed) {
  std::atomic<bool> release = false;
  const auto dataset = std::make_shared<NumberedDataset>(8, [&](int64_t index) {
    while (index == 5 && !release) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  {
    Loader loader(dataset, make_eval_transform(kSmall), kSmall,
                  {.batch_size = 2, .num_workers = 2, .stall_seconds = 0.3});
    try {
      run_epoch(loader, 0);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const ResourceError& error) {
      EXPECT_NE(std::string(error.what()).find("number/5"), std::string::npos) << error.what();
    }
  }
  release = true;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

TEST(Loader, WorkersLeaveTheThreadsOfTheProgramAlone) {
  const int before = at::get_num_threads();
  Loader loader(std::make_shared<NumberedDataset>(20), make_eval_transform(kSmall), kSmall, {.batch_size = 2});
  run_epoch(loader, 0);
  EXPECT_EQ(at::get_num_threads(), before);
  std::thread([before] { EXPECT_EQ(at::get_num_threads(), before); }).join();
}

}  // namespace
}  // namespace multipole
