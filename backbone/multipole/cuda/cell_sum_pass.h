// The sums over cells on tensors of any device; who runs the kernels is up to the class that derives from this one.
#pragma once

#include <ATen/core/Tensor.h>

#include "backbone/multipole/cuda/cell_sum.h"
#include "backbone/multipole/upward/upward_pass.h"

namespace multipole::cuda {

class KernelCellSums : public CellSums {
 public:
  at::Tensor forward(const at::Tensor& x, const at::Tensor& weights) const override;
  CellSumGrads backward(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& d_out) const override;

 private:
  // `type` is that of x: float32, float16 or bfloat16.
  virtual void run_forward(at::ScalarType type, const CellSumProblem& p) const = 0;
  virtual void run_backward(at::ScalarType type, const CellSumProblem& p) const = 0;
};

}  // namespace multipole::cuda
