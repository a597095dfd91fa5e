// Runs the CUDA kernels' warp functions on the host, tile by tile, as the launches of attention_kernels.cuh do on a
// GPU.
#pragma once

#include "backbone/multipole/cuda/attention_pass.h"

namespace multipole::test {

class HostRunner : public cuda::KernelRunner {
 public:
  // few, so that small grids have several shares too
  int64_t queries_of_share() const override { return 48; }
  void forward(at::ScalarType type, const cuda::Problem& p, const cuda::ForwardOutput& output) const override;
  void backward(at::ScalarType type, const cuda::Problem& p, const cuda::BackwardData& data) const override;
};

}  // namespace multipole::test
