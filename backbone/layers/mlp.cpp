#include "backbone/layers/mlp.h"

namespace multipole {

MlpImpl::MlpImpl(int64_t embed_dim, int64_t hidden_dim) {
  fc1_ = register_module("fc1", Linear(embed_dim, hidden_dim));
  fc2_ = register_module("fc2", Linear(hidden_dim, embed_dim));
}

torch::Tensor MlpImpl::forward(const torch::Tensor& x) {
  auto hidden = fc1_(x);
  // in place where no graph is recorded: the largest activation of a block exists once, not twice
  hidden = torch::GradMode::is_enabled() ? torch::gelu(hidden) : torch::gelu_(hidden);
  return fc2_(hidden);
}

}  // namespace multipole
