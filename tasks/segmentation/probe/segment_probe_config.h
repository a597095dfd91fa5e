// How a segmentation's probe is fitted: the section "probe" of its settings.
#pragma once

#include <cstdint>
#include <string>

#include "tasks/probe/probe_fit_config.h"

namespace multipole {

struct SegmentProbeConfig : ProbeFitConfig {
  int64_t tokens = 100'000;
  double held_out = 0.2;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("tokens", self.tokens,
          "at most so many labelled tokens are fitted to, drawn by train.seed from all pictures: the memory it takes");
    field("held_out", self.held_out,
          "share of the training pictures that the strength of the regularisation is chosen by");
    ProbeFitConfig::fields(self, field);
  }

  void validate(const std::string& where) const {
    ProbeFitConfig::validate(where);
    require(tokens >= 2, where + ".tokens", "must be at least 2", tokens);
    require(held_out > 0 && held_out < 1, where + ".held_out", "must be above 0 and below 1", held_out);
  }
};

}  // namespace multipole
