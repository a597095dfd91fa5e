// What several processes that train together each load.
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "tests/datasets/numbered_dataset.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::indices_of;
using test::kSmall;
using test::NumberedDataset;
using test::run_epoch;

Loader numbered_loader(int64_t size, int64_t batch_size, bool for_training) {
  LoaderOptions options;
  options.batch_size = batch_size;
  options.num_workers = 0;
  options.shuffle = options.drop_last = for_training;
  return {std::make_shared<NumberedDataset>(size), make_eval_transform(kSmall), kSmall, options};
}

TEST(LoaderShares, SharesOfATrainingTogetherMakeTheLargerBatches) {
  const int64_t shares = test::random_int(2, 4), batch_size = test::random_int(1, 5);
  const int64_t size = test::random_int(shares * batch_size, 60), epoch = test::random_int(0, 3);
  Loader one = numbered_loader(size, shares * batch_size, true);
  const auto whole = run_epoch(one, epoch);
  std::vector<std::vector<int64_t>> together(whole.size());
  for (int64_t share = 0; share < shares; ++share) {
    Loader loader = numbered_loader(size, batch_size, true);
    loader.take_share(share, shares);
    ASSERT_EQ(loader.num_batches(), static_cast<int64_t>(whole.size()));
    const auto batches = run_epoch(loader, epoch);
    ASSERT_EQ(batches.size(), whole.size());
    for (size_t i = 0; i < batches.size(); ++i) {
      together[i].insert(together[i].end(), batches[i].indices.begin(), batches[i].indices.end());
    }
  }
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(together[i], whole[i].indices) << i;
  Loader scarce = numbered_loader(shares * batch_size - 1, batch_size, true);
  EXPECT_THROW(scarce.take_share(0, shares), ConfigError);
  EXPECT_THROW(one.take_share(shares, shares), ConfigError);
}

TEST(LoaderShares, SharesOfAnEvaluationGiveEachSampleToOneProcess) {
  const int64_t shares = test::random_int(2, 5), batch_size = test::random_int(1, 6), size = test::random_int(1, 40);
  std::multiset<int64_t> seen;
  for (int64_t share = 0; share < shares; ++share) {
    Loader loader = numbered_loader(size, batch_size, false);
    loader.take_share(share, shares);
    const auto batches = run_epoch(loader, 0);
    EXPECT_EQ(loader.num_batches(), static_cast<int64_t>(batches.size()));
    for (const int64_t index : indices_of(batches)) seen.insert(index);
  }
  std::multiset<int64_t> all;
  for (int64_t i = 0; i < size; ++i) all.insert(i);
  EXPECT_EQ(seen, all) << size << " samples, batches of " << batch_size << ", " << shares << " processes";
}

}  // namespace
}  // namespace multipole
