// Batches in slices: the same bits for any number of threads, and the batches' order.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/runtime/batch_slices.h"
#include "engine/runtime/execution.h"
#include "engine/runtime/thread_count.h"
#include "heads/model/model.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

using test::random_int;

TEST(BatchSlices, AnswersAreTheSameBitsForAnyNumberOfThreads) {
  VisionModel model(test::small_model_config("multipole2d", 3));
  model->eval();
  for (const bool bfloat16 : {false, true}) {
    const c10::InferenceMode inference;
    const AutocastGuard autocast({.bfloat16 = bfloat16});
    const auto images = torch::randn({random_int(17, 50), 3, random_int(9, 40), random_int(9, 40)});
    const auto answer = [&](const torch::Tensor& slice) { return model->forward(slice); };
    torch::Tensor first;
    for (const int threads : {1, 2, 3}) {
      const ThreadCount guard(threads);
      const auto answers = answer_in_slices(images, torch::kCPU, answer);
      ASSERT_EQ(answers.size(0), images.size(0));
      if (threads == 1) first = answers;
      EXPECT_TRUE(answers.equal(first)) << threads;
    }
    EXPECT_LT((first - model->forward(images)).abs().max().item<double>(), bfloat16 ? 0.1 : 1e-4);
  }
}

TEST(BatchSlices, LargePicturesGoAloneAndSmallOnesTogether) {
  std::vector<int64_t> sizes;
  const ThreadCount guard(1);
  const auto answer = [&](const torch::Tensor& slice) {
    sizes.push_back(slice.size(0));
    return slice.mean({1, 2, 3});
  };
  answer_in_slices(torch::zeros({3, 3, 512, 512}), torch::kCPU, answer);
  EXPECT_EQ(sizes, (std::vector<int64_t>{1, 1, 1}));
  sizes.clear();
  answer_in_slices(torch::zeros({20, 3, 8, 8}), torch::kCPU, answer);
  EXPECT_EQ(sizes, (std::vector<int64_t>{16, 4}));
}

TEST(BatchSlices, AStreamKeepsItsOrderAndEmptyBatches) {
  for (const int threads : {1, 2, 3}) {
    const ThreadCount guard(threads);
    std::vector<int64_t> sizes;
    for (int64_t i = random_int(1, 9); i > 0; --i) sizes.push_back(random_int(0, 40));
    size_t next = 0, taken = 0;
    int64_t number = 0;
    answer_stream(
        [&]() -> std::optional<Batch> {
          if (next == sizes.size()) return std::nullopt;
          Batch batch;
          const int64_t size = sizes[next++];
          batch.indices.assign(static_cast<size_t>(size), 0);
          batch.images = torch::arange(number, number + size).view({-1, 1, 1, 1}).expand({size, 3, 6, 6});
          number += size;
          return batch;
        },
        torch::kCPU, [](const torch::Tensor& images) { return 2 * images.select(3, 0).select(2, 0).select(1, 0); },
        [&](const Batch& batch, const torch::Tensor& answers) {
          ASSERT_EQ(batch.size(), sizes[taken++]);
          EXPECT_EQ(answers.defined(), batch.size() > 0);
          if (batch.size() == 0) return;
          EXPECT_TRUE(answers.equal(2 * batch.images.select(3, 0).select(2, 0).select(1, 0)));
        });
    EXPECT_EQ(taken, sizes.size());
  }
}

TEST(BatchSlices, WhatTorchRefusesNamesTheFiles) {
  bool given = false;
  const auto next = [&]() -> std::optional<Batch> {
    if (std::exchange(given, true)) return std::nullopt;
    Batch batch;
    batch.indices = {0, 1};
    batch.paths = {"a.png", "b.png"};
    batch.images = torch::zeros({2, 3, 4, 4});
    return batch;
  };
  const auto refuse = [](const torch::Tensor& images) { return images.view({5}); };
  try {
    answer_stream(next, torch::kCPU, refuse, [](const Batch&, const torch::Tensor&) { FAIL(); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("a.png, b.png: ")) << error.what();
  }
}

}  // namespace
}  // namespace multipole
