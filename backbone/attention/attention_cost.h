// What a mechanism costs by its algorithm, whatever the machine and the implementation.
#pragma once

#include <cstdint>

namespace multipole {

// One forward pass over one picture.
struct AttentionCost {
  // Multiplications plus additions of matrix products, convolutions and transforms. Softmax, norms and biases are left
  // out: they are a few operations an entry where a product is head_dim of them.
  double flops = 0;
  // Bytes that cross the memory bus in float32 where every parameter, map and summary is read once and written once and
  // scores never leave the cache, which is what a fused kernel can reach at best.
  double bytes = 0;

  AttentionCost& operator+=(const AttentionCost& other) {
    flops += other.flops;
    bytes += other.bytes;
    return *this;
  }
  friend AttentionCost operator+(AttentionCost a, const AttentionCost& b) { return a += b; }
};

// A linear layer over `tokens` rows, its weight included.
inline AttentionCost linear_cost(double tokens, double in_features, double out_features) {
  return {2 * tokens * in_features * out_features,
          4 * (tokens * (in_features + out_features) + in_features * out_features)};
}

// A layer that weighs each channel alone (depthwise), with `weights` numbers a channel for each of `outputs` rows.
inline AttentionCost depthwise_cost(double inputs, double outputs, double weights, double channels) {
  return {2 * outputs * weights * channels, 4 * channels * (inputs + outputs + weights)};
}

// The two products of softmax attention where `queries` rows each see `keys_seen` of `keys` rows of width embed_dim.
inline AttentionCost softmax_attention_cost(double queries, double keys_seen, double keys, double embed_dim) {
  return {4 * queries * keys_seen * embed_dim, 4 * embed_dim * (2 * queries + 2 * keys)};
}

}  // namespace multipole
