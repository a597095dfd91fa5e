#include "backbone/multipole/tensor_pack.h"

#include <initializer_list>

namespace multipole {
namespace {

std::vector<at::Tensor> concatenate(std::initializer_list<at::TensorList> lists) {
  std::vector<at::Tensor> packed;
  for (const at::TensorList list : lists) {
    for (const at::Tensor& tensor : list) {
      if (tensor.defined()) packed.push_back(tensor);
    }
  }
  return packed;
}

// Arguments and gradients have the same fields.
template <typename Tensors>
std::vector<at::Tensor> pack_attention2d(const Tensors& t) {
  return concatenate({t.q, t.k, t.v, t.k_far, t.v_far, t.q_far, t.near_bias, t.far_bias, t.k_extra, t.v_extra,
                      t.token_mass, t.far_mass});
}

template <typename Tensors>
std::vector<at::Tensor> pack_attention1d(const Tensors& t) {
  return concatenate({t.q, t.k, t.v, t.k_far, t.v_far});
}

}  // namespace

std::vector<at::Tensor> pack(const Attention2dArgs& args) { return pack_attention2d(args); }
std::vector<at::Tensor> pack(const Attention2dGrads& grads) { return pack_attention2d(grads); }
std::vector<at::Tensor> pack(const Attention1dArgs& args) { return pack_attention1d(args); }
std::vector<at::Tensor> pack(const Attention1dGrads& grads) { return pack_attention1d(grads); }
std::vector<at::Tensor> pack(const Summarize2dArgs& args) {
  return concatenate({args.x, args.token_basis, args.merge_basis, args.token_mass});
}
std::vector<at::Tensor> pack(const Summarize2dGrads& grads) {
  return concatenate({grads.x, grads.token_basis, grads.merge_basis, grads.token_mass});
}
std::vector<at::Tensor> pack(const Summarize1dArgs& args) { return concatenate({args.x, args.basis}); }
std::vector<at::Tensor> pack(const Summarize1dGrads& grads) { return concatenate({grads.x, grads.basis}); }
std::vector<at::Tensor> pack(const Cluster2dArgs& args) { return concatenate({args.k, args.v, args.token_mass}); }
std::vector<at::Tensor> pack(const Cluster2dGrads& grads) { return concatenate({grads.k, grads.v, grads.token_mass}); }
std::vector<at::Tensor> pack(const Clusters2d& clusters) {
  return concatenate({clusters.k_far, clusters.v_far, clusters.far_mass});
}

std::vector<at::Tensor> PackedTensors::next(int64_t count) {
  const at::TensorList part = tensors_.slice(position_, static_cast<size_t>(count));
  position_ += static_cast<size_t>(count);
  return part.vec();
}

}  // namespace multipole
