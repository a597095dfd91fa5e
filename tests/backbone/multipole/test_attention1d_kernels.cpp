// The fused 1D attention of every instruction set that this machine runs against the dense definition in float64:
// values and gradients, float32 and bfloat16.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "tests/backbone/multipole/each_instruction_set.h"
#include "tests/backbone/multipole/sequence_cases.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

using SequenceFunction = OracleResult (*)(const SequenceShape&, const std::vector<Tensor>&);

// The output, the log-sum-exp, and the gradients of sum(out * d_out) + sum(lse * d_lse) by all inputs.
std::vector<Tensor> results(SequenceFunction function, const SequenceShape& shape, const std::vector<Tensor>& inputs,
                            const Tensor& d_out, const Tensor& d_lse) {
  std::vector<Tensor> leaves;
  for (const Tensor& input : inputs) leaves.push_back(input.detach().clone().requires_grad_());
  const OracleResult result = function(shape, leaves);
  std::vector<Tensor> all = torch::autograd::grad(
      {result.out, result.lse}, leaves, {d_out.to(result.out.scalar_type()), d_lse.to(result.lse.scalar_type())});
  all.push_back(result.out.detach());
  all.push_back(result.lse.detach());
  return all;
}

std::vector<Tensor> to_dtype(const std::vector<Tensor>& tensors, torch::ScalarType dtype) {
  std::vector<Tensor> out;
  for (const Tensor& t : tensors) out.push_back(t.to(dtype));
  return out;
}

struct SequenceUpstream {
  Tensor out, lse;
};

SequenceUpstream random_upstream(const SequenceShape& s, torch::ScalarType dtype) {
  return {torch::randn({s.batch, s.tokens, s.heads, s.head_dim}, torch::kFloat64).to(dtype),
          torch::randn({s.batch, s.heads, s.tokens}, torch::kFloat64)};
}

// In bfloat16: no worse than twice what plain tensor operations lose, or one rounding where they happen to be exact.
void expect_definition(const SequenceShape& shape, torch::ScalarType dtype) {
  SCOPED_TRACE(describe(shape));
  const std::vector<Tensor> inputs = random_sequence(shape, dtype);
  const SequenceUpstream upstream = random_upstream(shape, dtype);
  const auto expected =
      results(define_attention1d, shape, to_dtype(inputs, torch::kFloat64), upstream.out, upstream.lse);
  std::vector<double> allowed(expected.size(), 1e-4);
  if (dtype == torch::kBFloat16) {
    const auto plain = results(define_attention1d, shape, inputs, upstream.out, upstream.lse);
    for (size_t i = 0; i < plain.size(); ++i) {
      allowed[i] = allowed_error(relative_error(plain[i], expected[i]), 1.0 / 256);
    }
  }
  for_each_instruction_set([&] {
    const auto actual = results(run_attention1d, shape, inputs, upstream.out, upstream.lse);
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_LE(relative_error(actual[i], expected[i]), allowed[i]) << "result " << i;
    }
  });
}

SequenceShape random_fused_sequence(bool causal) {
  SequenceShape shape = random_sequence_shape(causal);
  shape.head_dim = 8 * random_int(1, 5);
  return shape;
}

TEST(Attention1dKernels, RandomSequences) {
  for (int i = 0; i < 16; ++i) expect_definition(random_fused_sequence(i % 2 == 0), torch::kFloat32);
}

// Groups that fill a vector's lanes, that do not, and that need several; sequences without far levels, ragged.
TEST(Attention1dKernels, ModelShapes) {
  for (const bool causal : {false, true}) {
    expect_definition({1, 256, 2, 32, 16, 4, 3, causal}, torch::kFloat32);
    expect_definition({1, 160, 1, 40, 20, 2, 2, causal}, torch::kFloat32);
    expect_definition({2, 75, 1, 16, 40, 1, 0, causal}, torch::kFloat32);
    expect_definition({1, 512, 1, 128, 128, 8, 1, causal}, torch::kFloat32);
  }
}

TEST(Attention1dKernels, Bfloat16) {
  for (const bool causal : {false, true}) {
    expect_definition({1, 256, 2, 32, 16, 4, 3, causal}, torch::kBFloat16);
    expect_definition({1, 70, 2, 24, 35, 1, 0, causal}, torch::kBFloat16);
    for (int i = 0; i < 3; ++i) {
      SequenceShape shape = random_fused_sequence(causal);
      // the errors of a few numbers are chance: enough of them, as in test_instruction_sets.cpp
      shape.batch = random_int(4, 6);
      shape.heads = random_int(3, 5);
      expect_definition(shape, torch::kBFloat16);
    }
  }
}

TEST(Attention1dKernels, ThreadsDoNotChangeABit) {
  const int threads = at::get_num_threads();
  const SequenceShape shape = {1, 384, 2, 16, 3, 2, 6, true};
  for (const torch::ScalarType dtype : {torch::kFloat32, torch::kBFloat16}) {
    const std::vector<Tensor> inputs = random_sequence(shape, dtype);
    const SequenceUpstream upstream = random_upstream(shape, dtype);
    for_each_instruction_set([&] {
      at::set_num_threads(1);
      const auto one = results(run_attention1d, shape, inputs, upstream.out, upstream.lse);
      at::set_num_threads(3);
      const auto three = results(run_attention1d, shape, inputs, upstream.out, upstream.lse);
      for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(three[i])) << "result " << i;
    });
  }
  at::set_num_threads(threads);
}

// A projection of q, k and v at once, whose parts are not contiguous.
TEST(Attention1dKernels, PackedProjection) {
  const SequenceShape shape = {2, 48, 2, 16, 6, 3, 2, true};
  std::vector<Tensor> inputs = random_sequence(shape, torch::kFloat32);
  const Tensor packed = torch::stack({inputs[0], inputs[1], inputs[2]}, 2);
  std::vector<Tensor> views = inputs;
  for (int64_t i = 0; i < 3; ++i) views[static_cast<size_t>(i)] = packed.select(2, i);
  for_each_instruction_set([&] {
    const OracleResult expected = run_attention1d(shape, inputs), actual = run_attention1d(shape, views);
    EXPECT_TRUE(actual.out.equal(expected.out) && actual.lse.equal(expected.lse));
  });
}

}  // namespace
}  // namespace multipole::test
