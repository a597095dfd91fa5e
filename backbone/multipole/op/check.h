// Argument checks of the operators. Each throws c10::Error that says which argument, what it was and what was expected,
// and gives the arguments back in the form that the backends take.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "backbone/multipole/attention1d_args.h"
#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/op/argument_checker.h"
#include "backbone/multipole/summarize_args.h"

namespace multipole {

Attention2dArgs check_attention2d(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                                  at::TensorList v_far, int64_t cell, std::optional<at::TensorList> q_far,
                                  const std::optional<at::Tensor>& near_bias, std::optional<at::TensorList> far_bias,
                                  std::optional<double> scale, const std::optional<at::Tensor>& k_extra,
                                  const std::optional<at::Tensor>& v_extra, const std::optional<at::Tensor>& token_mass,
                                  std::optional<at::TensorList> far_mass);

Summarize2dArgs check_summarize2d(const at::Tensor& x, const at::Tensor& token_basis, at::TensorList merge_basis,
                                  int64_t cell, const std::optional<at::Tensor>& token_mass);

Attention1dArgs check_attention1d(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                                  at::TensorList v_far, int64_t group, bool causal, std::optional<double> scale);

Summarize1dArgs check_summarize1d(const at::Tensor& x, at::TensorList basis, int64_t group);

// A token_mass of shape (B, H, W) or `sizes`, (B, H, W, heads), for a call whose first tensor is `first`.
void check_token_mass(const ArgumentChecker& check, const char* name, const at::Tensor& first, const at::Tensor& mass,
                      std::vector<int64_t> sizes);

}  // namespace multipole
