// Argument checks of the backward operators, which Python reaches as it does the others: what they receive beside the
// arguments of the forward call, which check.h has checked. Each throws c10::Error as those do.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "backbone/multipole/attention1d_args.h"
#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/summarize_args.h"

namespace multipole {

// What the forward call returned, and the gradients that reach it.
struct AttentionUpstream {
  const at::Tensor& d_out;
  const std::optional<at::Tensor>& d_lse;
  const at::Tensor& out;
  const at::Tensor& lse;
};

void check_attention2d_backward(const Attention2dArgs& args, const AttentionUpstream& upstream);
void check_attention1d_backward(const Attention1dArgs& args, const AttentionUpstream& upstream);
void check_summarize2d_backward(const Summarize2dArgs& args, at::TensorList d_summaries);
void check_summarize1d_backward(const Summarize1dArgs& args, at::TensorList d_summaries);

}  // namespace multipole
