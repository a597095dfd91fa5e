// Random cases of the 1D attention for tests.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/dense_oracle.h"

namespace multipole::test {

struct SequenceShape {
  int64_t batch, tokens, heads, head_dim, group, rank, levels;
  bool causal;
};

// Names the parameters, for SCOPED_TRACE.
std::string describe(const SequenceShape& shape);

// Groups of 1 to 6 tokens, 0 to 4 far levels; without far levels any number of tokens that one call takes.
SequenceShape random_sequence_shape(bool causal);

// q, k, v, k_far (L tensors), v_far (L tensors). The far tensors are random and not summaries of k and v.
std::vector<torch::Tensor> random_sequence(const SequenceShape& shape, torch::ScalarType dtype);

// multipole::attention1d through the dispatcher, and its dense definition.
OracleResult run_attention1d(const SequenceShape& shape, const std::vector<torch::Tensor>& tensors);
OracleResult define_attention1d(const SequenceShape& shape, const std::vector<torch::Tensor>& tensors);

}  // namespace multipole::test
