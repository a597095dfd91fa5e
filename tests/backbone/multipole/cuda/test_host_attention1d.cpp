// The CUDA kernels of the 1D attention, run on the host lane by lane, against the reference in float64.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "backbone/multipole/reference/attention1d.h"
#include "tests/backbone/multipole/cuda/host_runner.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

Attention1dArgs random_args(bool causal) {
  const int64_t group = random_int(1, 6), levels = random_int(0, 3), rank = random_int(1, 5);
  const int64_t tokens = levels == 0 ? random_int(1, 2 * group) : group << (levels + 1);
  const int64_t batch = random_int(1, 2), heads = random_int(1, 2), head_dim = 8 * random_int(1, 5);
  Attention1dArgs args;
  args.q = torch::randn({batch, tokens, heads, head_dim});
  args.k = torch::randn_like(args.q);
  args.v = torch::randn_like(args.q);
  for (int64_t l = 0; l < levels; ++l) {
    args.k_far.push_back(torch::randn({batch, tokens / (group << l), rank, heads, head_dim}));
    args.v_far.push_back(torch::randn_like(args.k_far.back()));
  }
  args.group = group;
  args.causal = causal;
  args.scale = 0.3;
  return args;
}

Attention1dArgs to_double(Attention1dArgs args) {
  for (Tensor* tensor : {&args.q, &args.k, &args.v}) *tensor = tensor->to(torch::kFloat64);
  for (auto* list : {&args.k_far, &args.v_far}) {
    for (Tensor& tensor : *list) tensor = tensor.to(torch::kFloat64);
  }
  return args;
}

void expect_equal(const std::vector<Tensor>& actual, const std::vector<Tensor>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_LE(relative_error(actual[i], expected[i]), 1e-5) << i;
}

TEST(HostAttention1d, EqualsTheReference) {
  const HostRunner runner;
  for (int i = 0; i < 8; ++i) {
    const Attention1dArgs args = random_args(i % 2 == 0), exact = to_double(args);
    SCOPED_TRACE(testing::Message() << args.q.size(1) << " tokens, group " << args.group << ", levels "
                                    << args.k_far.size() << ", causal " << args.causal);
    const auto [out, lse] = cuda::attention1d_forward(args, runner);
    const auto [exact_out, exact_lse] = reference::attention1d_forward(exact);
    expect_equal({out, lse}, {exact_out, exact_lse});
    // Away from zero: what d_out gives to a token that attends to itself alone cancels, and d_lse's part is the
    // gradient, which must not be small beside the rounding of what cancelled.
    const Tensor d_out = torch::randn_like(args.q), d_lse = 1 + torch::rand_like(lse);
    const auto grads = cuda::attention1d_backward(args, out, lse, d_out, d_lse, runner);
    const auto expected = reference::attention1d_backward(exact, exact_out, exact_lse, d_out.to(torch::kFloat64),
                                                          d_lse.to(torch::kFloat64));
    expect_equal({grads.q, grads.k, grads.v}, {expected.q, expected.k, expected.v});
    expect_equal(grads.k_far, expected.k_far);
    expect_equal(grads.v_far, expected.v_far);
  }
}

}  // namespace
}  // namespace multipole::test
