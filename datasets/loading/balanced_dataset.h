// Shows pictures of rare classes more often, without a copy of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace multipole {

// A view in which a class of n pictures, the largest having m, comes (m / n)^balance times as often, at most
// kMaxRepeats times: 0 leaves the set as it is, 1 gives every class the same number. Whole repetitions take each
// picture; what is left over takes the first of them. Augmentation differs between repetitions, for it is keyed by the
// view's index.
class BalancedDataset : public Dataset {
 public:
  static constexpr int64_t kMaxRepeats = 50;

  // labels: of every sample of `source`, from 0.
  BalancedDataset(std::shared_ptr<const Dataset> source, const std::vector<int64_t>& labels, double balance);

  int64_t size() const override { return static_cast<int64_t>(order_.size()); }
  Sample get(int64_t index) const override { return source_->get(order_.at(static_cast<size_t>(index))); }
  std::string path(int64_t index) const override { return source_->path(order_.at(static_cast<size_t>(index))); }

 private:
  std::shared_ptr<const Dataset> source_;
  std::vector<int64_t> order_;  // into the source
};

}  // namespace multipole
