// Shows each sample several times an epoch, without a copy of it: large ones of which one crop shows little.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "datasets/dataset.h"

namespace multipole {

// A view in which all samples come `times` times. Augmentation differs between repetitions, for it is keyed by the
// view's index.
class RepeatedDataset : public Dataset {
 public:
  RepeatedDataset(std::shared_ptr<const Dataset> source, int64_t times) : source_(std::move(source)), times_(times) {}

  int64_t size() const override { return source_->size() * times_; }
  Sample get(int64_t index) const override { return source_->get(index % source_->size()); }
  std::string path(int64_t index) const override { return source_->path(index % source_->size()); }

 private:
  std::shared_ptr<const Dataset> source_;
  int64_t times_;
};

}  // namespace multipole
