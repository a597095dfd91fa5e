// What every backend of cluster2d receives and gives back. The arguments are checked before they get here.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace multipole {

// Shapes: B images, an H x W token grid, cells of r x r tokens, p clusters a cell, L levels.
struct Cluster2dArgs {
  at::Tensor k, v;  // (B, H, W, heads, head_dim)
  int64_t cell = 0;
  int64_t rank = 0;
  int64_t num_levels = 0;
  at::Tensor token_mass = {};  // (B, H, W) or (B, H, W, heads); undefined: 1
  int64_t num_steps = 0;
};

// Gradients of the tensors in Cluster2dArgs.
struct Cluster2dGrads {
  at::Tensor k, v, token_mass;
};

// By level, the finest first; also the gradients of these.
struct Clusters2d {
  // (B, Hl, Wl, p, heads, head_dim), in the dtype of masses as backends give them and the backward takes them: rounded
  // to half types they would spoil the gradients of masses
  std::vector<at::Tensor> k_far, v_far;
  std::vector<at::Tensor> far_mass;  // (B, Hl, Wl, p, heads), logarithms
  // int32, the cluster of its cell that each token (B, H, W, heads), then each cluster of the level below
  // (B, Hl-1, Wl-1, p, heads), is a member of; without meaning for what has no mass. Not among the gradients
  std::vector<at::Tensor> labels = {};
};

}  // namespace multipole
