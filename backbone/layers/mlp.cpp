#include "backbone/layers/mlp.h"

namespace multipole {

MlpImpl::MlpImpl(int64_t embed_dim, int64_t hidden_dim) {
  fc1_ = register_module("fc1", Linear(embed_dim, hidden_dim));
  fc2_ = register_module("fc2", Linear(hidden_dim, embed_dim));
}

torch::Tensor MlpImpl::forward(const torch::Tensor& x) { return fc2_(torch::gelu(fc1_(x))); }

}  // namespace multipole
