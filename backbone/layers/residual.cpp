#include "backbone/layers/residual.h"

#include <torch/utils.h>

#include <algorithm>

namespace multipole {
namespace {

// Activations of a slice in bytes: a share of a third-level cache. Of 1, 2, 4, 8 and 16 MB, 8 was the fastest for
// multipole_tiny at 224 x 224 (float32 454 against 533 ms in one piece, bfloat16 268 against 308).
constexpr int64_t kSliceBytes = int64_t{8} << 20;

// Fewer tokens than this make small products, which run at a lower rate.
constexpr int64_t kMinTokens = 1024;

bool can_hold_sum(const torch::Tensor& target, const torch::Tensor& other) {
  return torch::result_type(target, other) == target.scalar_type();
}

int64_t tokens_per_slice(int64_t features_per_token, const torch::Tensor& tokens) {
  const int64_t bytes = features_per_token * static_cast<int64_t>(tokens.element_size());
  // a multiple of 16 tokens lets the linear layers choose between their paths
  return std::max(kMinTokens, kSliceBytes / bytes / 16 * 16);
}

}  // namespace

torch::Tensor add_branch(const torch::Tensor& x, torch::Tensor branch) {
  if (torch::GradMode::is_enabled() || !can_hold_sum(branch, x)) return x + branch;
  return branch.add_(x);
}

torch::Tensor add_token_branch(torch::Tensor x, int64_t features_per_token,
                               const std::function<torch::Tensor(const torch::Tensor&)>& branch) {
  if (torch::GradMode::is_enabled() || !x.is_cpu()) return x + branch(x);
  auto tokens = x.reshape({-1, x.size(-1)});
  const int64_t count = tokens.size(0), step = tokens_per_slice(features_per_token, tokens);
  for (int64_t first = 0; first < count; first += step) {
    const int64_t length = std::min(step, count - first);
    const auto added = branch(tokens.narrow(0, first, length));
    if (!can_hold_sum(tokens, added)) tokens = tokens.to(torch::result_type(tokens, added));
    tokens.narrow(0, first, length).add_(added);
  }
  return tokens.view(x.sizes());
}

}  // namespace multipole
