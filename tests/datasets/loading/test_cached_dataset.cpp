#include <gtest/gtest.h>

#include "base/error.h"
#include "datasets/loading/cached_dataset.h"
#include "tests/datasets/numbered_dataset.h"

namespace multipole {
namespace {

using test::NumberedDataset;

TEST(CachedDataset, DecodesOnceWithinItsLimit) {
  const auto source = std::make_shared<NumberedDataset>(10);
  const CachedDataset cached(source, 4 * 16 * 16 * 3);
  for (int round = 0; round < 3; ++round) {
    for (int64_t i = 0; i < 10; ++i) {
      const Sample sample = cached.get(i);
      EXPECT_EQ(sample.label, i);
      EXPECT_EQ(sample.path, source->path(i));
      EXPECT_EQ(sample.image[0][0][0].item<int64_t>(), i);
    }
  }
  EXPECT_EQ(source->num_reads, 10 + 2 * 6);
  EXPECT_EQ(cached.cached_bytes(), 4 * 16 * 16 * 3);
}

TEST(CachedDataset, TriesAnUnreadableSampleAgain) {
  bool broken = true;
  const auto source = std::make_shared<NumberedDataset>(2, [&](int64_t) {
    if (broken) throw InputError("not yet");
  });
  const CachedDataset cached(source);
  EXPECT_THROW(cached.get(1), InputError);
  broken = false;
  EXPECT_EQ(cached.get(1).label, 1);
}

}  // namespace
}  // namespace multipole
