// Seeded cuts and folds, class by class.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "datasets/splits/stratified_split.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

std::vector<int64_t> random_labels() {
  std::vector<int64_t> labels;
  const int64_t num_classes = test::random_int(1, 7);
  for (int64_t label = 0; label < num_classes; ++label) labels.insert(labels.end(), test::random_int(1, 40), label);
  std::shuffle(labels.begin(), labels.end(), test::random_source());
  return labels;
}

TEST(StratifiedSplit, FoldsAreEvenInEveryClassAndOverAll) {
  for (int round = 0; round < 50; ++round) {
    const auto labels = random_labels();
    const int64_t num_folds = test::random_int(2, 9);
    const auto folds = stratified_folds(labels, num_folds, 3);
    std::map<int64_t, std::vector<int64_t>> counts;
    std::vector<int64_t> totals(num_folds, 0);
    for (size_t i = 0; i < labels.size(); ++i) {
      ASSERT_GE(folds[i], 0);
      ASSERT_LT(folds[i], num_folds);
      counts[labels[i]].resize(num_folds, 0);
      ++counts[labels[i]][folds[i]];
      ++totals[folds[i]];
    }
    counts[-1] = totals;
    for (const auto& [label, in_folds] : counts) {
      const auto [least, most] = std::minmax_element(in_folds.begin(), in_folds.end());
      EXPECT_LE(*most - *least, 1) << "label " << label;
    }
    EXPECT_EQ(stratified_folds(labels, num_folds, 3), folds);
  }
}

TEST(StratifiedSplit, TheSeedDecides) {
  const std::vector<int64_t> labels(60, 0);
  EXPECT_NE(stratified_folds(labels, 5, 0), stratified_folds(labels, 5, 1));
  EXPECT_NE(held_out_part(labels, 0.3, 0), held_out_part(labels, 0.3, 1));
  EXPECT_EQ(held_out_part(labels, 0.3, 1), held_out_part(labels, 0.3, 1));
}

TEST(StratifiedSplit, EveryClassGivesItsShare) {
  for (int round = 0; round < 50; ++round) {
    const auto labels = random_labels();
    const auto held_out = held_out_part(labels, 0.3, 5);
    for (const int64_t label : labels) {
      int64_t count = 0, out = 0;
      for (size_t i = 0; i < labels.size(); ++i) {
        count += labels[i] == label ? 1 : 0;
        out += labels[i] == label && held_out[i] ? 1 : 0;
      }
      const int64_t wanted =
          count < 2 ? 0 : std::clamp<int64_t>(std::llround(0.3 * static_cast<double>(count)), 1, count - 1);
      EXPECT_EQ(out, wanted);
    }
  }
}

}  // namespace
}  // namespace multipole
