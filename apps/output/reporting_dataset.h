// A view of a data set that tells standard error what is to be known of its samples: each note of decoding once, with
// the first picture that it is met in, and, if wanted, each sample that cannot be read.
#pragma once

#include <iostream>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "datasets/dataset.h"

namespace multipole {

class ReportingDataset : public Dataset {
 public:
  ReportingDataset(std::shared_ptr<const Dataset> source, bool names_skipped)
      : source_(std::move(source)), names_skipped_(names_skipped) {}

  int64_t size() const override { return source_->size(); }
  std::string path(int64_t index) const override { return source_->path(index); }
  Sample get(int64_t index) const override {
    try {
      Sample sample = source_->get(index);
      tell_notes(sample);
      return sample;
    } catch (const InputError& error) {
      if (!names_skipped_) throw;
      const std::lock_guard lock(mutex_);
      std::cerr << "skipped: " << error.what() << "\n";
      throw;
    }
  }

 private:
  void tell_notes(const Sample& sample) const {
    const std::lock_guard lock(mutex_);
    for (const auto& note : sample.notes) {
      if (told_.insert(note).second) std::cerr << sample.path << ": note: " << note << "\n";
    }
  }

  std::shared_ptr<const Dataset> source_;
  bool names_skipped_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> told_;
};

}  // namespace multipole
