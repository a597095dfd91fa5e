// Compares gradients with central differences in float64, along random directions and for single entries.
#pragma once

#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

namespace multipole::test {

// A differentiable function of float64 leaves; its output may have any shape.
using GradcheckFunction = std::function<torch::Tensor(const std::vector<torch::Tensor>&)>;

struct GradcheckOptions {
  double step = 1e-5;
  // allowed |analytic - numeric| is tolerance * (1 + |numeric|)
  double tolerance = 1e-6;
  int64_t directions = 3;  // random directions for each input
  int64_t entries = 4;     // random single entries for each input
  // also require that every input receives a gradient that is finite and not all zero
  bool require_nonzero = true;
};

// Checks the gradients of sum(function(inputs) * weights) with fixed random weights, with respect to each input.
// Returns "" where all agree, else what differs: use as EXPECT_EQ(gradcheck(...), "").
std::string gradcheck(const GradcheckFunction& function, const std::vector<torch::Tensor>& inputs,
                      const GradcheckOptions& options = {});

}  // namespace multipole::test
