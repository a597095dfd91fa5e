// The laws that every implementation keeps, on random sizes from 1 x 1 to 70 x 70 and on every backend.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "backbone/multipole/basis.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;
using torch::indexing::Slice;

template <typename Check>
void on_every_backend(const CaseShape& shape, const OracleArgs2d& args, Check&& check) {
  for (const Backend backend : runnable_backends(args)) {
    SCOPED_TRACE(describe(shape) + ", " + backend_name(backend));
    const ForcedBackend forced(backend);
    check();
  }
}

CaseShape unbiased_shape(int64_t max_side) {
  CaseShape shape = random_shape(max_side);
  shape.biased = false;
  return shape;
}

// Tokens and their summaries by averaging. Keys are constant; queries too in the linear variant, where a far score is
// that of the query's summary.
OracleArgs2d constant_key_args(const CaseShape& shape) {
  OracleArgs2d args = random_args(shape, torch::kFloat32);
  args.k = args.k.index({Slice(), Slice(0, 1), Slice(0, 1)}).expand_as(args.k).contiguous();
  if (shape.linear) args.q = args.q.index({Slice(), Slice(0, 1), Slice(0, 1)}).expand_as(args.q).contiguous();
  const Basis2d average =
      averaging_basis2d(shape.cell, shape.rank, shape.levels(), shape.heads * shape.head_dim, torch::kFloat32);
  const Bases bases = {average.token_basis, average.merge_basis};
  const auto far = [&](const Tensor& x) { return summarize_tokens(x, bases, shape.cell, shape.levels()); };
  args.k_far = far(args.k);
  args.v_far = far(args.v);
  if (shape.linear) args.q_far = far(args.q);
  return args;
}

// Every score of a query is the same, so each of the n tokens weighs 1 / n: counted once, none missing.
TEST(Laws, ConstantKeysGiveTheMeanOfAllValues) {
  for (int i = 0; i < 25; ++i) {
    const CaseShape shape = unbiased_shape(70);
    const OracleArgs2d args = constant_key_args(shape);
    on_every_backend(shape, args, [&] {
      const OracleResult result = run_op(args);
      const Tensor mean = args.v.mean(at::IntArrayRef{1, 2}, true).expand_as(args.v);
      EXPECT_LE((result.out - mean).abs().max().item<double>(), 1e-5);
      const Tensor score = (args.q * args.k).sum(-1).permute({0, 3, 1, 2}) / std::sqrt(double(shape.head_dim));
      const Tensor lse = score + std::log(static_cast<double>(shape.height * shape.width));
      EXPECT_LE((result.lse - lse).abs().max().item<double>(), 1e-4);
    });
  }
}

TEST(Laws, WithoutFarLevelsItIsFullAttention) {
  for (int i = 0; i < 15; ++i) {
    CaseShape shape = unbiased_shape(16);
    shape.cell = random_int((std::max(shape.height, shape.width) + 1) / 2, 16);
    ASSERT_EQ(shape.levels(), 0);
    const OracleArgs2d args = random_args(shape, torch::kFloat32);
    on_every_backend(shape, args, [&] {
      EXPECT_LE(relative_error(run_op(args).out, oracle_full_attention(args.q, args.k, args.v)), 1e-5);
    });
  }
}

TEST(Laws, ImagesDoNotSeeEachOther) {
  for (int i = 0; i < 8; ++i) {
    CaseShape shape = random_shape(40);
    shape.batch = 3;
    const OracleArgs2d args = random_args(shape, torch::kFloat32);
    std::vector<Tensor> alone = tensors_of(args);
    for (Tensor& tensor : alone) {
      if (tensor.dim() >= 5) tensor = tensor.slice(0, 1, 2);  // bias tables serve all images
    }
    on_every_backend(shape, args, [&] {
      const OracleResult all = run_op(args), one = run_op(with_tensors(args, alone));
      EXPECT_LE(relative_error(all.out.slice(0, 1, 2), one.out), 1e-5);
      EXPECT_LE(relative_error(all.lse.slice(0, 1, 2), one.lse), 1e-5);
    });
  }
}

TEST(Laws, HeadsDoNotSeeEachOther) {
  for (int i = 0; i < 8; ++i) {
    CaseShape shape = random_shape(40);
    shape.heads = 3;
    const OracleArgs2d args = random_args(shape, torch::kFloat32);
    std::vector<Tensor> alone = tensors_of(args);
    for (Tensor& tensor : alone) tensor = tensor.dim() >= 5 ? tensor.slice(-2, 2, 3) : tensor.slice(0, 2, 3);
    on_every_backend(shape, args, [&] {
      const OracleResult all = run_op(args), one = run_op(with_tensors(args, alone));
      EXPECT_LE(relative_error(all.out.slice(3, 2, 3), one.out), 1e-5);
      EXPECT_LE(relative_error(all.lse.slice(1, 2, 3), one.lse), 1e-5);
    });
  }
}

// Through the whole path of a module: x -> summaries -> attention.
TEST(Laws, EveryParameterGetsAFiniteGradientThatIsNotZero) {
  for (int i = 0; i < 15; ++i) {
    CaseShape shape = random_shape(70);
    shape.height = std::max<int64_t>(shape.height, 2);
    shape.biased = true;
    const Bases weights = random_bases(shape, torch::kFloat32);
    OracleArgs2d args = random_args(shape, torch::kFloat32);
    on_every_backend(shape, args, [&] {
      std::vector<Tensor> leaves = {args.q, args.k, args.v, weights.token_basis, args.near_bias};
      leaves.insert(leaves.end(), weights.merge_basis.begin(), weights.merge_basis.end());
      leaves.insert(leaves.end(), args.far_bias.begin(), args.far_bias.end());
      for (Tensor& leaf : leaves) leaf = leaf.detach().requires_grad_();
      const auto levels = static_cast<int64_t>(args.far_bias.size());
      const auto merges = static_cast<int64_t>(weights.merge_basis.size());
      const Bases bases = {leaves[3], {leaves.begin() + 5, leaves.begin() + 5 + merges}};
      const auto far = [&](const Tensor& x) { return summarize_tokens(x, bases, shape.cell, levels); };
      const OracleArgs2d path = {leaves[0],      leaves[1],
                                 leaves[2],      far(leaves[1]),
                                 far(leaves[2]), shape.linear ? far(leaves[0]) : std::vector<Tensor>(),
                                 leaves[4],      {leaves.begin() + 5 + merges, leaves.end()},
                                 shape.cell,     {}};
      (run_op(path).out * torch::randn_like(args.q)).sum().backward();
      for (size_t j = 0; j < leaves.size(); ++j) {
        if (j == 3 && levels == 0) continue;  // no summaries are made
        ASSERT_TRUE(leaves[j].grad().defined()) << j;
        EXPECT_TRUE(leaves[j].grad().isfinite().all().item<bool>()) << j;
        EXPECT_TRUE(leaves[j].grad().ne(0).any().item<bool>()) << j;
      }
    });
  }
}

}  // namespace
}  // namespace multipole::test
