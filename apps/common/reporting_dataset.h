// A view of a data set that names each sample that cannot be read on standard error, once, and fails as before.
#pragma once

#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "backbone/config/error.h"
#include "datasets/dataset.h"

namespace multipole {

class ReportingDataset : public Dataset {
 public:
  explicit ReportingDataset(std::shared_ptr<const Dataset> source) : source_(std::move(source)) {}

  int64_t size() const override { return source_->size(); }
  std::string path(int64_t index) const override { return source_->path(index); }
  Sample get(int64_t index) const override {
    try {
      return source_->get(index);
    } catch (const InputError& error) {
      const std::lock_guard lock(mutex_);
      std::cerr << "skipped: " << error.what() << "\n";
      throw;
    }
  }

 private:
  std::shared_ptr<const Dataset> source_;
  mutable std::mutex mutex_;
};

}  // namespace multipole
