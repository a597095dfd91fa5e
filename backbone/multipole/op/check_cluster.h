// Argument checks of cluster2d and hot_tokens2d, as those of check.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "backbone/multipole/cluster_args.h"
#include "backbone/multipole/hot_tokens_args.h"

namespace multipole {

Cluster2dArgs check_cluster2d(const at::Tensor& k, const at::Tensor& v, int64_t cell, int64_t rank, int64_t num_levels,
                              const std::optional<at::Tensor>& token_mass, int64_t num_steps);

// `clusters`: what the forward returned, and gradients of it.
void check_cluster2d_backward(const Cluster2dArgs& args, const Clusters2d& clusters, const Clusters2d& d_clusters);

HotTokens2dArgs check_hot_tokens2d(const at::Tensor& q, const at::Tensor& k, int64_t count,
                                   const std::optional<at::Tensor>& token_mass, std::optional<double> scale);

}  // namespace multipole
