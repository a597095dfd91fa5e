// Attention to a spatially reduced grid: Wang et al., "Pyramid Vision Transformer", arXiv 2102.12122.
#pragma once

#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backbone/attention/projected_attention.h"
#include "backbone/attention/window_partition.h"

namespace multipole {

struct PvtConfig : ProjectionConfig {
  std::string type = "pvt";
  int64_t reduction = 2;
  double norm_eps = 1e-6;
  std::string partial_patches = "pad";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("reduction", self.reduction, "tokens along each side that one key stands for; the paper has 8, 4, 2, 1");
    field("norm_eps", self.norm_eps, "epsilon of the reduced grid's layer norm");
    field("partial_patches", self.partial_patches,
          "what becomes of a border narrower than a patch: pad (with zeros) or drop (no keys: the published models)");
    projection_fields(self, field);
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// Every token queries the keys and values of a grid that a linear layer over patches of reduction x reduction tokens
// and a layer norm made (equations 2 to 4): O(n^2 / reduction^2). Patches at the border are filled up with zeros or
// left out; a side shorter than one patch is always filled up. A patch counts as much as the token of it that counts
// most, and masked tokens fill it up with zeros.
class PvtAttention : public Attention {
 public:
  using Config = PvtConfig;
  static constexpr bool kTakesMasses = true;

  PvtAttention(const PvtConfig& config, const AttentionShape& shape);

  static double count_parameters(const PvtConfig& config, const AttentionShape& shape);

  // (B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W from 1 up.
  torch::Tensor forward(torch::Tensor x) override;

  AttentionCost cost(int64_t height, int64_t width) const override;

 protected:
  torch::Tensor forward_masked(torch::Tensor x, const torch::Tensor& token_mass) override;

 private:
  torch::Tensor attend(torch::Tensor x, const torch::Tensor& token_mass);
  // (B, patches) -> as scaled_dot_product_attention takes it; nothing where `token_mass` is undefined
  std::optional<torch::Tensor> key_bias(const torch::Tensor& token_mass, torch::ScalarType type) const;
  WindowPartition patches_of(int64_t height, int64_t width) const;
  torch::Tensor reduce(const torch::Tensor& x);

  PvtConfig config_;
  AttentionShape shape_;
  Linear q_{nullptr}, kv_{nullptr}, reduce_{nullptr}, proj_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace multipole
