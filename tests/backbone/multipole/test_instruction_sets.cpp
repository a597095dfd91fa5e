// The CPU kernels of every instruction set that this machine runs: attention2d and the upward passes, values and
// gradients, float32 and bfloat16.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <set>
#include <string>

#include "backbone/multipole/cpu/instruction_set.h"
#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/each_instruction_set.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

// A shape that the fused kernels take.
CaseShape random_fused_shape(int64_t max_side) {
  CaseShape shape = random_shape(max_side);
  shape.head_dim = 8 * random_int(1, 5);
  shape.cell = random_int(2, 9);
  const int64_t s = random_int(1, std::min<int64_t>(3, shape.cell));
  shape.rank = s * s;
  return shape;
}

struct PictureUpstream {
  Tensor out, lse;
};

PictureUpstream random_upstream(const CaseShape& shape) {
  return {torch::randn({shape.batch, shape.height, shape.width, shape.heads, shape.head_dim}, torch::kFloat64),
          torch::randn({shape.batch, shape.heads, shape.height, shape.width}, torch::kFloat64)};
}

void expect_attention2d(const CaseShape& shape) {
  SCOPED_TRACE(describe(shape));
  const OracleArgs2d args = random_args(shape, torch::kFloat32);
  const PictureUpstream upstream = random_upstream(shape);
  const OpResults expected =
      run_with_grads(oracle_attention2d, to_dtype(args, torch::kFloat64), upstream.out, upstream.lse);
  for_each_instruction_set([&] {
    const OpResults actual = run_with_grads(run_op, args, upstream.out, upstream.lse);
    EXPECT_LE(relative_error(actual.out, expected.out), 1e-5);
    EXPECT_LE(relative_error(actual.lse, expected.lse), 1e-5);
    ASSERT_EQ(actual.grads.size(), expected.grads.size());
    for (size_t i = 0; i < expected.grads.size(); ++i) {
      EXPECT_LE(relative_error(actual.grads[i], expected.grads[i]), 1e-4) << "gradient " << i;
    }
  });
}

// The rule for low precision: no worse than twice what plain tensor operations in bfloat16 lose.
void expect_attention2d_in_bfloat16(const CaseShape& shape) {
  SCOPED_TRACE(describe(shape));
  const OracleArgs2d args = random_args(shape, torch::kBFloat16);
  const PictureUpstream upstream = random_upstream(shape);
  const Tensor d_out = upstream.out.to(torch::kBFloat16);
  const OpResults exact = run_with_grads(oracle_attention2d, to_dtype(args, torch::kFloat64), d_out, upstream.lse);
  const OpResults plain = run_with_grads(oracle_attention2d, args, d_out, upstream.lse);
  // one rounding of the result, for the cases where the plain path happens to be exact
  const double rounding = 1.0 / 256;
  const auto allowed = [&](const Tensor& low, const Tensor& wanted) {
    return allowed_error(relative_error(low, wanted), rounding);
  };
  for_each_instruction_set([&] {
    const OpResults actual = run_with_grads(run_op, args, d_out, upstream.lse);
    EXPECT_EQ(actual.out.scalar_type(), torch::kBFloat16);
    EXPECT_LE(relative_error(actual.out, exact.out), allowed(plain.out, exact.out));
    EXPECT_LE(relative_error(actual.lse, exact.lse), allowed(plain.lse, exact.lse));
    for (size_t i = 0; i < exact.grads.size(); ++i) {
      EXPECT_LE(relative_error(actual.grads[i], exact.grads[i]), allowed(plain.grads[i], exact.grads[i]))
          << "gradient " << i;
    }
  });
}

// No maximum, exponential or logarithm drops a NaN.
TEST(InstructionSets, ANanShowsWhereverItIsSeen) {
  for (const bool linear : {false, true}) {
    const auto type = linear ? torch::kBFloat16 : torch::kFloat32;
    const OracleArgs2d good = random_args({1, 9, 12, 1, 8, 2, 4, linear, true}, type);
    for (size_t tensor = 0; tensor < tensors_of(good).size(); ++tensor) {
      const Poisoned poisoned = poison(good, tensor, random_int(0, tensors_of(good)[tensor].numel() - 1));
      for_each_instruction_set([&] {
        const OracleResult actual = run_op(poisoned.args);
        EXPECT_TRUE((actual.out.isnan() | ~poisoned.out).all().item<bool>()) << "out, tensor " << tensor;
        EXPECT_TRUE((actual.lse.isnan() | ~poisoned.lse).all().item<bool>()) << "lse, tensor " << tensor;
      });
    }
  }
}

TEST(InstructionSets, TheGenericOneAlwaysRunsAndNamesDiffer) {
  std::set<std::string> names;
  for (const cpu::KernelTable* kernels : cpu::runnable_kernels()) EXPECT_TRUE(names.insert(kernels->name).second);
  EXPECT_EQ(names.count("generic"), 1U);
}

TEST(InstructionSets, UnknownNameIsAnErrorThatListsTheRunnableOnes) {
  const EnvironmentVariable forced("MULTIPOLE_CPU_ISA", "sse9");
  try {
    cpu::chosen_kernels();
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    EXPECT_NE(message.find("MULTIPOLE_CPU_ISA=sse9"), std::string::npos) << message;
    EXPECT_NE(message.find("generic"), std::string::npos) << message;
  }
}

TEST(InstructionSets, Attention2dOnRandomGrids) {
  for (int i = 0; i < 12; ++i) expect_attention2d(random_fused_shape(26));
}

// Every size of a vector's last group of keys, lanes and channels that models use, with bias and ragged edges.
TEST(InstructionSets, Attention2dOnModelShapes) {
  for (const bool linear : {false, true}) {
    for (const bool biased : {false, true}) {
      expect_attention2d({1, 18, 21, 2, 32, 4, 4, linear, biased});
      expect_attention2d({2, 16, 16, 2, 16, 4, 1, linear, biased});
    }
  }
  expect_attention2d({1, 17, 19, 1, 128, 16, 4, false, true});
}

TEST(InstructionSets, Attention2dInBfloat16) {
  for (const bool linear : {false, true}) {
    expect_attention2d_in_bfloat16({2, 16, 16, 2, 32, 4, 4, linear, true});
    expect_attention2d_in_bfloat16({1, 19, 14, 2, 24, 3, 1, linear, false});
    for (int i = 0; i < 3; ++i) {
      CaseShape shape = random_fused_shape(22);
      shape.linear = linear;
      // the errors of a few numbers are chance: enough of them, also in the gradients of the coarsest level
      shape.batch = random_int(4, 6);
      shape.heads = random_int(3, 5);
      expect_attention2d_in_bfloat16(shape);
    }
  }
}

TEST(InstructionSets, Attention2dWithExtraKeysAndMasses) {
  for (int i = 0; i < 16; ++i) expect_attention2d(with_masses(random_fused_shape(26)));
  for (const bool linear : {false, true}) {
    for (int i = 0; i < 3; ++i) {
      CaseShape shape = with_masses(random_fused_shape(22));
      shape.linear = linear;
      shape.batch = random_int(4, 6);
      shape.heads = random_int(3, 5);
      expect_attention2d_in_bfloat16(shape);
    }
  }
}

// The same bits whatever the number of threads shares the work.
TEST(InstructionSets, ThreadsDoNotChangeABit) {
  const int threads = at::get_num_threads();
  for (const bool linear : {false, true}) {
    const CaseShape shape = {1, 37, 41, 2, 16, 4, 4, linear, true};
    for (const torch::ScalarType dtype : {torch::kFloat32, torch::kBFloat16}) {
      const OracleArgs2d args = random_args(shape, dtype);
      const PictureUpstream upstream = random_upstream(shape);
      for_each_instruction_set([&] {
        at::set_num_threads(1);
        const OpResults one = run_with_grads(run_op, args, upstream.out, upstream.lse);
        at::set_num_threads(3);
        const OpResults three = run_with_grads(run_op, args, upstream.out, upstream.lse);
        EXPECT_TRUE(one.out.equal(three.out) && one.lse.equal(three.lse)) << describe(shape);
        for (size_t i = 0; i < one.grads.size(); ++i) {
          EXPECT_TRUE(one.grads[i].equal(three.grads[i])) << describe(shape) << ", gradient " << i;
        }
      });
    }
  }
  at::set_num_threads(threads);
}

// Values and gradients of an upward pass given as a function of its tensors, in float64 and in `dtype` by the kernels.
template <class Exact, class Fused>
void expect_upward_pass(const std::vector<Tensor>& inputs, torch::ScalarType dtype, double tolerance,
                        const Exact& exact, const Fused& fused) {
  const auto run = [](const std::vector<Tensor>& values, torch::ScalarType type, const auto& function) {
    std::vector<Tensor> leaves;
    for (const Tensor& value : values) leaves.push_back(value.to(type).detach().requires_grad_());
    std::vector<Tensor> flat;
    for (const Tensor& level : function(leaves)) flat.push_back(level.flatten());
    const Tensor all = torch::cat(flat);
    const Tensor weights = torch::arange(all.numel(), torch::kFloat64).mul(0.7).sin();
    std::vector<Tensor> results = torch::autograd::grad({all}, leaves, {weights.to(type)});
    results.push_back(all.detach());
    return results;
  };
  std::vector<Tensor> rounded;  // the exact path starts from what the kernels see
  for (const Tensor& input : inputs) rounded.push_back(input.to(dtype));
  const std::vector<Tensor> expected = run(rounded, torch::kFloat64, exact);
  for_each_instruction_set([&] {
    const std::vector<Tensor> actual = run(rounded, dtype, fused);
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_LE(relative_error(actual[i], expected[i]), tolerance) << i;
  });
}

TEST(InstructionSets, Summarize2d) {
  for (int i = 0; i < 6; ++i) {
    const CaseShape shape = random_fused_shape(40);
    SCOPED_TRACE(describe(shape));
    const Bases bases = random_bases(shape, torch::kFloat64);
    std::vector<Tensor> inputs = {
        torch::randn({shape.batch, shape.height, shape.width, shape.heads * shape.head_dim}, torch::kFloat64),
        bases.token_basis};
    inputs.insert(inputs.end(), bases.merge_basis.begin(), bases.merge_basis.end());
    const auto exact = [&](const std::vector<Tensor>& t) {
      return oracle_summarize2d(t[0], t[1], {t.begin() + 2, t.end()}, shape.cell);
    };
    const auto fused = [&](const std::vector<Tensor>& t) {
      return summarize2d(t[0], t[1], at::TensorList(t).slice(2), shape.cell);
    };
    expect_upward_pass(inputs, torch::kFloat32, 1e-4, exact, fused);
    expect_upward_pass(inputs, torch::kBFloat16, 0.02, exact, fused);
  }
}

TEST(InstructionSets, Summarize1d) {
  for (int i = 0; i < 4; ++i) {
    const int64_t group = random_int(1, 6), rank = random_int(1, 5), channels = 8 * random_int(1, 4), levels = 3;
    std::vector<Tensor> inputs = {torch::randn({2, group << levels, channels}, torch::kFloat64)};
    for (int64_t level = 0; level < levels; ++level) {
      inputs.push_back(torch::randn({rank, group << level, channels}, torch::kFloat64));
    }
    const auto function = [&](const std::vector<Tensor>& t) {
      return summarize1d(t[0], at::TensorList(t).slice(1), group);
    };
    // the definition: every level is one weighted sum over the tokens of its groups
    const auto exact = [&](const std::vector<Tensor>& t) {
      std::vector<Tensor> summaries;
      for (size_t level = 1; level < t.size(); ++level) {
        const int64_t width = group << (level - 1);
        summaries.push_back(torch::einsum("bgwc,pwc->bgpc", {t[0].unflatten(1, {-1, width}), t[level]}));
      }
      return summaries;
    };
    expect_upward_pass(inputs, torch::kFloat32, 1e-4, exact, function);
    expect_upward_pass(inputs, torch::kBFloat16, 0.02, exact, function);
  }
}

}  // namespace
}  // namespace multipole::test
