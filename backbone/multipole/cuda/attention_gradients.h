// What a backward pass of the attention writes, and what it keeps alive while the kernels run.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "backbone/multipole/cuda/backward_data.h"

namespace multipole::cuda {

class AttentionGradients {
 public:
  // `p` must live as long as this; `like` says the device.
  AttentionGradients(const Problem& p, const at::Tensor& like);

  // lse and d_lse: (B, heads, tokens...) natural; out and d_out: (B, tokens..., heads, head_dim).
  void set_tokens(const at::Tensor& out, const at::Tensor& lse, const at::Tensor& d_out, const at::Tensor& d_lse);
  // The same for the query summaries of a level: (B, rows, columns, p, heads, head_dim or 1).
  void set_level(int64_t l, const at::Tensor& d_out, const at::Tensor& lse, const at::Tensor& c, at::ScalarType type);

  // Gradients of far keys and values, and of what they weigh, are summed over shares of their queries first.
  void make_level_keys(const std::vector<at::Tensor>& k_far, int64_t queries_of_share);
  // As `like`, which has one row of cells less where it is a sequence's.
  std::vector<at::Tensor> level_keys(const std::vector<at::Tensor>& like) const;
  std::vector<at::Tensor> level_values(const std::vector<at::Tensor>& like) const;
  // (B, Hl, Wl, p, heads) of each level, none where the masses were not given.
  std::vector<at::Tensor> level_masses() const;

  // The same for the keys that every token sees: (B, E, heads, head_dim).
  void make_extra_keys(int64_t queries_of_share);
  at::Tensor extra_keys(const at::Tensor& like) const;
  at::Tensor extra_values(const at::Tensor& like) const;

  void make_token_mass();
  // By the mass itself, (B, H, W, heads); none reaches what is taken out.
  at::Tensor token_mass(const at::Tensor& mass) const;

  void make_bias_tables(bool near, bool far);
  at::Tensor near_bias(const at::Tensor& like) const;
  at::Tensor far_bias(int64_t l, const at::Tensor& like) const;

  BackwardData data{};

 private:
  Upstream upstream(const at::Tensor& d_out, const at::Tensor& lse, const at::Tensor& c, bool summaries);

  const Problem& p_;
  at::TensorOptions float_;
  at::Tensor c_, tables_, token_mass_, extra_keys_, extra_values_;
  std::vector<at::Tensor> level_keys_, level_values_, level_masses_, kept_;
};

}  // namespace multipole::cuda
