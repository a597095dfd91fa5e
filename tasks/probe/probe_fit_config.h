// What the probes of all tasks have in their section "probe" of the settings.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"

namespace multipole {

struct ProbeFitConfig {
  std::vector<double> strengths = {10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001};
  int64_t patience = 2;
  int64_t max_iterations = 1000;
  std::string features;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("strengths", self.strengths,
          "regularisation to choose from: half of it times the squared weights is added to the mean loss; strongest "
          "first, as each fit starts from the last");
    field("patience", self.patience, "strengths in a row without a lower loss before weaker ones are left out");
    field("max_iterations", self.max_iterations, "of L-BFGS, for each fit");
    field("features", self.features, "folder that keeps the features, for several runs; empty: in the run folder");
  }

  void validate(const std::string& where) const {
    require(!strengths.empty(), where + ".strengths", "must not be empty", strengths);
    for (size_t i = 0; i < strengths.size(); ++i) {
      require(std::isfinite(strengths[i]) && strengths[i] > 0, where + ".strengths", "must be above 0", strengths);
      require(i == 0 || strengths[i] < strengths[i - 1], where + ".strengths", "must be in falling order", strengths);
    }
    require(patience >= 1, where + ".patience", "must be at least 1", patience);
    require(max_iterations >= 1, where + ".max_iterations", "must be at least 1", max_iterations);
  }
};

}  // namespace multipole
