// The CUDA kernels of the upward passes, number by number on the host, against the reference.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "backbone/multipole/cuda/cell_sum_pass.h"
#include "backbone/multipole/reference/summarize.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

template <class T>
void forward_all(const cuda::CellSumProblem& p) {
  for (int64_t i = 0; i < p.batch * p.rows * p.columns * p.rank * p.channels; ++i) cuda::cell_sum_forward<T>(p, i);
}

template <class T>
void backward_all(const cuda::CellSumProblem& p) {
  const int64_t sites = p.batch * p.height * p.width * p.entries * p.channels;
  for (int64_t i = 0; i < sites; ++i) cuda::cell_sum_backward_x<T>(p, i);
  for (int64_t i = 0; i < p.chunks * p.num_weights(); ++i) cuda::cell_sum_backward_weights<T>(p, i);
}

class HostCellSums : public cuda::KernelCellSums {
  void run_forward(at::ScalarType type, const cuda::CellSumProblem& p) const override {
    if (type == at::kFloat) return forward_all<float>(p);
    if (type == at::kHalf) return forward_all<cuda::Float16>(p);
    forward_all<cuda::BFloat16>(p);
  }
  void run_backward(at::ScalarType type, const cuda::CellSumProblem& p) const override {
    if (type == at::kFloat) return backward_all<float>(p);
    if (type == at::kHalf) return backward_all<cuda::Float16>(p);
    backward_all<cuda::BFloat16>(p);
  }
};

void expect_equal_summaries(const std::vector<Tensor>& actual, const std::vector<Tensor>& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_LE(relative_error(actual[i], expected[i]), tolerance) << i;
}

TEST(HostSummarize, GridsEqualTheReference) {
  const HostCellSums sums;
  for (const auto& [type, tolerance] :
       {std::pair{torch::kFloat32, 1e-5}, std::pair{torch::kHalf, 3e-3}, std::pair{torch::kBFloat16, 2e-2}}) {
    for (int i = 0; i < 4; ++i) {
      const CaseShape shape = random_shape(24);
      SCOPED_TRACE(describe(shape));
      const Bases bases = random_bases(shape, torch::kFloat32);
      Summarize2dArgs args;
      args.x = torch::randn({shape.batch, shape.height, shape.width, shape.heads * shape.head_dim}).to(type);
      args.token_basis = bases.token_basis;
      args.merge_basis = bases.merge_basis;
      args.cell = shape.cell;
      Summarize2dArgs exact = args;
      exact.x = args.x.to(torch::kFloat64);
      exact.token_basis = args.token_basis.to(torch::kFloat64);
      for (Tensor& merge : exact.merge_basis) merge = merge.to(torch::kFloat64);
      const auto summaries = summarize2d_forward(args, sums);
      expect_equal_summaries(summaries, reference::summarize2d_forward(exact), tolerance);
      std::vector<Tensor> d_summaries, exact_d;
      for (const Tensor& summary : summaries) {
        d_summaries.push_back(torch::randn(summary.sizes()).to(type));
        exact_d.push_back(d_summaries.back().to(torch::kFloat64));
      }
      const Summarize2dGrads grads = summarize2d_backward(args, d_summaries, sums);
      const Summarize2dGrads expected = reference::summarize2d_backward(exact, exact_d);
      expect_equal_summaries({grads.x, grads.token_basis}, {expected.x, expected.token_basis}, tolerance);
      expect_equal_summaries(grads.merge_basis, expected.merge_basis, tolerance);
    }
  }
}

TEST(HostSummarize, SequencesEqualTheReference) {
  const HostCellSums sums;
  const int64_t group = random_int(1, 5), levels = random_int(1, 3), tokens = group << (levels + 1), channels = 11;
  Summarize1dArgs args{torch::randn({2, tokens, channels}), {}, group};
  for (int64_t l = 0; l < levels; ++l) args.basis.push_back(torch::randn({3, group << l, channels}));
  const auto summaries = summarize1d_forward(args, sums);
  expect_equal_summaries(summaries, reference::summarize1d_forward(args), 1e-5);
  std::vector<Tensor> d_summaries;
  for (const Tensor& summary : summaries) d_summaries.push_back(torch::randn_like(summary));
  const Summarize1dGrads grads = summarize1d_backward(args, d_summaries, sums);
  const Summarize1dGrads expected = reference::summarize1d_backward(args, d_summaries);
  expect_equal_summaries({grads.x}, {expected.x}, 1e-5);
  expect_equal_summaries(grads.basis, expected.basis, 1e-5);
}

}  // namespace
}  // namespace multipole::test
