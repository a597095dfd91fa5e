// From checked arguments to the backend that runs them: one readable ladder for each operator.
#pragma once

#include <ATen/core/Tensor.h>

#include <tuple>
#include <vector>

#include "backbone/multipole/attention1d_args.h"
#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/cluster_args.h"
#include "backbone/multipole/dispatch/backend.h"
#include "backbone/multipole/hot_tokens_args.h"
#include "backbone/multipole/summarize_args.h"

namespace multipole {

// The backends of attention2d from the fastest to the reference, and whether each can run these arguments.
std::vector<Candidate> attention2d_candidates(const Attention2dArgs& args);

std::tuple<at::Tensor, at::Tensor> run_attention2d(const Attention2dArgs& args);
Attention2dGrads run_attention2d_backward(const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                          const at::Tensor& d_out, const at::Tensor& d_lse);

// The same on a given backend that can run the arguments.
std::tuple<at::Tensor, at::Tensor> run_attention2d_on(Backend backend, const Attention2dArgs& args);
Attention2dGrads run_attention2d_backward_on(Backend backend, const Attention2dArgs& args, const at::Tensor& out,
                                             const at::Tensor& lse, const at::Tensor& d_out, const at::Tensor& d_lse);

std::vector<at::Tensor> run_summarize2d(const Summarize2dArgs& args);
Summarize2dGrads run_summarize2d_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries);

std::tuple<at::Tensor, at::Tensor> run_attention1d(const Attention1dArgs& args);
Attention1dGrads run_attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                          const at::Tensor& d_out, const at::Tensor& d_lse);

std::vector<at::Tensor> run_summarize1d(const Summarize1dArgs& args);
Summarize1dGrads run_summarize1d_backward(const Summarize1dArgs& args, const std::vector<at::Tensor>& d_summaries);

Clusters2d run_cluster2d(const Cluster2dArgs& args);
// `clusters`: what the forward returned.
Cluster2dGrads run_cluster2d_backward(const Cluster2dArgs& args, const Clusters2d& clusters,
                                      const Clusters2d& d_clusters);

// Throws c10::Error where fewer than args.count tokens of an image and head have mass above 0.
at::Tensor run_hot_tokens2d(const HotTokens2dArgs& args);

}  // namespace multipole
