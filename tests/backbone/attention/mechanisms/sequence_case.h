// Random cases of multipole2d attention over a sequence: prefix tokens and a grid, rotary or not, in float64.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <ostream>

#include "backbone/attention/attention.h"
#include "base/json.h"
#include "tests/support/random_source.h"

namespace multipole::test {

inline constexpr int64_t kSequenceHeads = 2, kSequenceHeadDim = 8, kSequenceDim = kSequenceHeads * kSequenceHeadDim;

struct SequenceCase {
  Json config = {{"type", "multipole2d"}, {"variant", "log-linear"}, {"cell", 3}, {"bias", false}};
  int64_t prefix = 0, height = 1, width = 1, hot = 0;
  bool rotary = false, qk_norm = false;

  AttentionShape shape() const {
    return {.embed_dim = kSequenceDim, .num_heads = kSequenceHeads, .grid_size = 9, .prefix_tokens = prefix};
  }
  SequenceGrid grid() const {
    return {.height = height,
            .width = width,
            .rotary = rotary ? torch::randn({2, height * width, kSequenceHeadDim}, torch::kFloat64) : torch::Tensor()};
  }
  torch::Tensor tokens() const { return torch::randn({2, prefix + height * width, kSequenceDim}, torch::kFloat64); }
};

inline std::ostream& operator<<(std::ostream& out, const SequenceCase& c) {
  return out << c.config << ", " << c.prefix << " + " << c.height << " x " << c.width << " tokens, rotary " << c.rotary;
}

inline SequenceCase random_sequence_case(int64_t smallest, int64_t largest, const char* summaries) {
  SequenceCase c;
  c.prefix = random_int(0, 4);
  c.height = random_int(smallest, largest);
  c.width = random_int(smallest, largest);
  c.rotary = random_int(0, 1) == 1;
  c.qk_norm = random_int(0, 1) == 1;
  c.config["summaries"] = summaries;
  c.config["qk_norm"] = c.qk_norm;
  return c;
}

}  // namespace multipole::test
