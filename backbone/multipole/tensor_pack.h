// The tensors of a call as one flat list, which is what autograd takes and what the backward operators return.
// Order: the tensors as the argument structs declare them, leaving out those that are not given.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "backbone/multipole/attention1d_args.h"
#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/cluster_args.h"
#include "backbone/multipole/summarize_args.h"

namespace multipole {

std::vector<at::Tensor> pack(const Attention2dArgs& args);
std::vector<at::Tensor> pack(const Attention2dGrads& grads);
std::vector<at::Tensor> pack(const Attention1dArgs& args);
std::vector<at::Tensor> pack(const Attention1dGrads& grads);
std::vector<at::Tensor> pack(const Summarize2dArgs& args);
std::vector<at::Tensor> pack(const Summarize2dGrads& grads);
std::vector<at::Tensor> pack(const Summarize1dArgs& args);
std::vector<at::Tensor> pack(const Summarize1dGrads& grads);
std::vector<at::Tensor> pack(const Cluster2dArgs& args);
std::vector<at::Tensor> pack(const Cluster2dGrads& grads);
std::vector<at::Tensor> pack(const Clusters2d& clusters);

// Reads a packed list back from the front.
class PackedTensors {
 public:
  explicit PackedTensors(at::TensorList tensors) : tensors_(tensors) {}

  at::Tensor next() { return tensors_[position_++]; }
  std::vector<at::Tensor> next(int64_t count);

 private:
  at::TensorList tensors_;
  size_t position_ = 0;
};

}  // namespace multipole
