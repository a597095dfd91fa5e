#include "datasets/loading/balanced_dataset.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace multipole {

BalancedDataset::BalancedDataset(std::shared_ptr<const Dataset> source, const std::vector<int64_t>& labels,
                                 double balance)
    : source_(std::move(source)) {
  std::map<int64_t, std::vector<int64_t>> members;
  for (size_t i = 0; i < labels.size(); ++i) members[labels[i]].push_back(static_cast<int64_t>(i));
  size_t largest = 0;
  for (const auto& [label, indices] : members) largest = std::max(largest, indices.size());
  for (const auto& [label, indices] : members) {
    const auto own = static_cast<double>(indices.size());
    const double repeats =
        std::min(std::pow(static_cast<double>(largest) / own, balance), static_cast<double>(kMaxRepeats));
    const auto wanted = static_cast<size_t>(std::llround(repeats * own));
    for (size_t i = 0; i < wanted; ++i) order_.push_back(indices[i % indices.size()]);
  }
}

}  // namespace multipole
