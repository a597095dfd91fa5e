// Gradients of the bias tables: collected by each task in the kernels' shape, kept in the op's, summed over images.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "backbone/multipole/cpu/attention2d_params.h"
#include "backbone/multipole/cpu/workspace.h"

namespace multipole::cpu {

class BiasGradients {
 public:
  // Adds what it needs of scratch memory to `sizes`.
  BiasGradients(const Attention2dParams& params, bool near, bool far, WorkspaceSizes& sizes);

  // Around each task of one head of one image, on its thread.
  void begin_task(const Workspace& workspace) const;
  void end_task(const Attention2dTask& task, const Workspace& workspace);

  // (heads, 4r-1, 4r-1) and (heads, 7, 7), summed over images in their order whatever the threads, in `like`'s dtype.
  at::Tensor near(const at::Tensor& like) const;
  at::Tensor far(int64_t level, const at::Tensor& like) const;

 private:
  at::Tensor sum(const std::vector<float>& parts, int64_t stride, int64_t first, at::IntArrayRef shape) const;

  const Attention2dParams& params_;
  int64_t width_, near_entries_ = 0, far_entries_ = 0;
  int64_t near_table_ = 0, group_table_ = 0, far_table_ = 0;  // floats of scratch memory
  std::vector<float> near_, far_;
};

}  // namespace multipole::cpu
