#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "datasets/loading/balanced_dataset.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

class Numbers : public Dataset {
 public:
  explicit Numbers(std::vector<int64_t> labels) : labels_(std::move(labels)) {}
  int64_t size() const override { return static_cast<int64_t>(labels_.size()); }
  std::string path(int64_t index) const override { return std::to_string(index); }
  Sample get(int64_t index) const override { return {{}, labels_.at(static_cast<size_t>(index)), {}, path(index)}; }

 private:
  std::vector<int64_t> labels_;
};

std::map<int64_t, int64_t> class_counts(const Dataset& data) {
  std::map<int64_t, int64_t> counts;
  for (int64_t i = 0; i < data.size(); ++i) {
    const auto sample = data.get(i);
    EXPECT_EQ(sample.path, data.path(i));
    ++counts[sample.label];
  }
  return counts;
}

TEST(BalancedDataset, RepeatsRareClasses) {
  std::vector<int64_t> labels(test::random_int(40, 60), 0);
  const auto large = static_cast<int64_t>(labels.size()), small = test::random_int(3, 9);
  labels.insert(labels.end(), static_cast<size_t>(small), 1);
  const auto source = std::make_shared<Numbers>(labels);
  EXPECT_EQ(class_counts(BalancedDataset(source, labels, 0)), (std::map<int64_t, int64_t>{{0, large}, {1, small}}));
  EXPECT_EQ(class_counts(BalancedDataset(source, labels, 1)), (std::map<int64_t, int64_t>{{0, large}, {1, large}}));
  const auto between = class_counts(BalancedDataset(source, labels, 0.5));
  EXPECT_EQ(between.at(0), large);
  EXPECT_NEAR(static_cast<double>(between.at(1)), std::sqrt(static_cast<double>(large * small)), 1);
}

TEST(BalancedDataset, DoesNotRepeatOnePictureForEver) {
  std::vector<int64_t> labels(1000, 0);
  labels.push_back(1);
  const BalancedDataset balanced(std::make_shared<Numbers>(labels), labels, 1);
  EXPECT_EQ(class_counts(balanced).at(1), BalancedDataset::kMaxRepeats);
}

}  // namespace
}  // namespace multipole
