#include "backbone/multipole/cpu/mass_gradients.h"

#include <ATen/ATen.h>

namespace multipole::cpu {

MassGradients::MassGradients(const Attention2dParams& p, const Attention2dArgs& args, Attention2dGradParams& grads) {
  if (args.token_mass.defined()) {
    log_token_ = at::empty({p.batch, p.heads, p.height, p.width}, at::kFloat);
    grads.d_log_token_mass = log_token_.data_ptr<float>();
  }
  for (size_t l = 0; l < args.far_mass.size(); ++l) {
    far_.push_back(at::empty({p.batch, p.heads, p.level[l].rows, p.level[l].columns, p.rank}, at::kFloat));
    grads.d_level_mass[l] = far_.back().data_ptr<float>();
  }
}

at::Tensor MassGradients::token(const at::Tensor& token_mass) const {
  return (log_token_.movedim(1, -1) / token_mass).masked_fill_(token_mass.le(0), 0);
}

std::vector<at::Tensor> MassGradients::far() const {
  std::vector<at::Tensor> out;
  for (const at::Tensor& level : far_) out.push_back(level.movedim(1, -1).contiguous());
  return out;
}

}  // namespace multipole::cpu
