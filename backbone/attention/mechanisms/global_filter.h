// A learned filter in the frequency domain: Rao et al., "Global Filter Networks", arXiv 2107.00645.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/attention/attention.h"
#include "base/fields.h"

namespace multipole {

struct GlobalFilterConfig {
  std::string type = "global_filter";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
  }
};

// irfft2(filter * rfft2(x)), channel by channel: a circular convolution with a kernel as large as the grid, O(n log n).
// The filter belongs to the nominal grid; other grids read it at their own frequencies, between which it is linear.
// There are no heads and no projections: the mixing of channels is left to the MLP.
class GlobalFilter : public Attention {
 public:
  using Config = GlobalFilterConfig;

  GlobalFilter(const GlobalFilterConfig& config, const AttentionShape& shape);

  static double count_parameters(const GlobalFilterConfig& config, const AttentionShape& shape);

  // (B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W from 1 up.
  torch::Tensor forward(torch::Tensor x) override;

  AttentionCost cost(int64_t height, int64_t width) const override;
  std::vector<std::string> no_weight_decay() const override { return {"filter"}; }

 private:
  torch::Tensor filter_for(int64_t height, int64_t width) const;

  AttentionShape shape_;
  torch::Tensor filter_;  // (grid, grid / 2 + 1, embed_dim, 2): real and imaginary part
};

}  // namespace multipole
