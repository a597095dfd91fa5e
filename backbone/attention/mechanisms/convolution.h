// A depthwise convolution in the place of attention: Yu et al., "MetaFormer Baselines for Vision", arXiv 2210.13452.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "backbone/attention/attention.h"
#include "backbone/layers/token_conv.h"
#include "base/fields.h"

namespace multipole {

struct ConvolutionConfig {
  std::string type = "convolution";
  int64_t kernel = 5;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("kernel", self.kernel, "tokens along each side that a token sees, odd");
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// Every token sees its kernel x kernel neighbours, channel by channel; beyond the border are zeros. There are no heads
// and no projections: the mixing of channels is left to the MLP. Cheap where tokens are many and what is to be found is
// near, as in a first stage. A token adds to its neighbours by its mass.
class Convolution : public Attention {
 public:
  using Config = ConvolutionConfig;
  static constexpr bool kTakesMasses = true;

  Convolution(const ConvolutionConfig& config, const AttentionShape& shape);

  static double count_parameters(const ConvolutionConfig& config, const AttentionShape& shape);

  // (B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W from 1 up.
  torch::Tensor forward(torch::Tensor x) override;

  AttentionCost cost(int64_t height, int64_t width) const override;

 protected:
  torch::Tensor forward_masked(torch::Tensor x, const torch::Tensor& token_mass) override;

 private:
  ConvolutionConfig config_;
  AttentionShape shape_;
  TokenConv conv_{nullptr};
};

}  // namespace multipole
