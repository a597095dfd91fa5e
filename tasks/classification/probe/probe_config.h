// How a probe is fitted: the section "probe" of the settings of a classification.
#pragma once

#include <cstdint>
#include <string>

#include "tasks/probe/probe_fit_config.h"

namespace multipole {

struct ProbeConfig : ProbeFitConfig {
  int64_t folds = 5;
  int64_t batch_size = 32;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("folds", self.folds, "parts of the training split that the strength of the regularisation is chosen by");
    ProbeFitConfig::fields(self, field);
    field("batch_size", self.batch_size, "pictures that the backbone sees at a time");
  }

  void validate(const std::string& where) const {
    ProbeFitConfig::validate(where);
    require(folds >= 2, where + ".folds", "must be at least 2", folds);
    require(batch_size >= 1, where + ".batch_size", "must be at least 1", batch_size);
  }
};

}  // namespace multipole
