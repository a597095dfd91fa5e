#include "backbone/attention/mechanisms/conv_basis.h"

#include <algorithm>
#include <cmath>

#include "backbone/multipole/conv_basis/conv_basis.h"

namespace multipole {

void ConvBasisConfig::validate(const std::string& where) const {
  require(tolerance >= 0, where + ".tolerance", "must not be negative", tolerance);
  require(max_basis >= 0, where + ".max_basis", "must not be negative", max_basis);
  validate_projection(where);
}

ConvBasisAttention::ConvBasisAttention(const ConvBasisConfig& config, const AttentionShape& shape)
    : ProjectedAttention(config, shape), config_(config) {}

torch::Tensor ConvBasisAttention::mix(const ProjectedTokens& tokens) {
  const auto line = [](const torch::Tensor& x) { return x.flatten(1, 2); };
  return std::get<0>(
             conv_basis_attention(line(tokens.q), line(tokens.k), line(tokens.v), config_.tolerance, config_.max_basis))
      .view(tokens.q.sizes());
}

// With as many convolutions as the config allows; without a limit, one a token.
AttentionCost ConvBasisAttention::mixing_cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(height * width), embed_dim = static_cast<double>(shape().embed_dim);
  const double basis =
      config_.max_basis > 0 ? std::min<double>(tokens, static_cast<double>(config_.max_basis)) : tokens;
  const double digits = std::max(1.0, std::log2(tokens));
  const double probes = 2 * tokens * embed_dim * basis * digits;
  // three real transforms of 2 n points a channel for each convolution
  const double transforms = 3 * 2.5 * (2 * tokens) * (digits + 1) * embed_dim * basis;
  return {probes + transforms, 4 * embed_dim * (4 * tokens + 4 * tokens * basis)};
}

}  // namespace multipole
