#include "backbone/attention/query_key_norm.h"

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {
namespace {

constexpr double kQueryKeyNormEps = 1e-6;

}  // namespace

QueryKeyNorm::QueryKeyNorm(int64_t head_dim, torch::nn::Module& owner)
    : q_norm_(owner.register_module("q_norm", make_layer_norm(head_dim, kQueryKeyNormEps))),
      k_norm_(owner.register_module("k_norm", make_layer_norm(head_dim, kQueryKeyNormEps))) {}

double QueryKeyNorm::count_parameters(int64_t head_dim) { return 2 * layer_norm_parameters(head_dim); }

void QueryKeyNorm::apply(torch::Tensor& q, torch::Tensor& k) {
  if (q_norm_.is_empty()) return;
  q = q_norm_(q);
  k = k_norm_(k);
}

}  // namespace multipole
