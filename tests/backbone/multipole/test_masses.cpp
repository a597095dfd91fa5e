// Token masses, masses of summaries and extra keys: their laws on every backend that takes them, and their gradients.
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include "backbone/multipole/basis.h"
#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A shape that the fused kernels take too, with at least one far level.
CaseShape mass_shape(int64_t max_side) {
  CaseShape shape = random_shape(max_side);
  shape.head_dim = 8 * random_int(1, 4);
  shape.cell = random_int(2, 5);
  shape.rank = random_int(0, 1) == 0 ? 1 : 4;
  shape.height = random_int(2 * shape.cell + 1, max_side);
  shape.biased = false;
  return shape;
}

template <typename Check>
void on_every_mass_backend(const CaseShape& shape, const OracleArgs2d& args, Check&& check) {
  for (const Backend backend : runnable_backends(args)) {
    SCOPED_TRACE(describe(shape) + ", " + backend_name(backend));
    const ForcedBackend forced(backend);
    check();
  }
}

// 0, 1 or in between, (B, H, W, heads).
Tensor random_token_mass(const CaseShape& shape) {
  const std::vector<int64_t> sizes = {shape.batch, shape.height, shape.width, shape.heads};
  const Tensor kind = torch::randint(0, 3, sizes);
  return torch::rand(sizes).masked_fill(kind.eq(0), 0).masked_fill(kind.eq(1), 1);
}

// Summaries of tokens (B, H, W, heads, head_dim) with masses.
std::vector<Tensor> summarize_with_mass(const Tensor& x, const Bases& bases, const CaseShape& shape,
                                        const Tensor& mass) {
  std::vector<Tensor> summaries;
  for (const Tensor& level : summarize2d(x.flatten(3), bases.token_basis, bases.merge_basis, shape.cell, mass)) {
    summaries.push_back(level.unflatten(4, {x.size(3), x.size(4)}));
  }
  return summaries;
}

Bases averaging_bases(const CaseShape& shape) {
  const Basis2d average =
      averaging_basis2d(shape.cell, shape.rank, shape.levels(), shape.heads * shape.head_dim, torch::kFloat32);
  return {average.token_basis, average.merge_basis};
}

TEST(Masses, OneEverywhereIsTheResultWithout) {
  for (int i = 0; i < 10; ++i) {
    CaseShape shape = mass_shape(40);
    shape.biased = i % 2 == 0;
    const OracleArgs2d args = random_args(shape, torch::kFloat32);
    OracleArgs2d ones = args;
    ones.token_mass = torch::ones({shape.batch, shape.height, shape.width});
    on_every_mass_backend(shape, ones, [&] {
      const OracleResult plain = run_op(args), with = run_op(ones);
      EXPECT_LE(relative_error(with.out, plain.out), 2e-6);
      EXPECT_LE(relative_error(with.lse, plain.lse), 2e-6);
      const Bases bases = random_bases(shape, torch::kFloat32);
      const auto far = summarize_tokens(args.k, bases, shape.cell, shape.levels());
      const auto far_with = summarize_with_mass(args.k, bases, shape, ones.token_mass);
      for (size_t l = 0; l < far.size(); ++l) EXPECT_TRUE(far[l].equal(far_with[l])) << "level " << l + 1;
    });
  }
}

// Constant keys (and queries, which the linear variant summarises): a token weighs its share of all mass, near or far.
TEST(Masses, EveryTokenWeighsItsMassOnce) {
  for (int i = 0; i < 15; ++i) {
    const CaseShape shape = mass_shape(60);
    OracleArgs2d args = random_args(shape, torch::kFloat32);
    args.token_mass = random_token_mass(shape);
    const auto constant = [](const Tensor& x) { return x.narrow(1, 0, 1).narrow(2, 0, 1).expand_as(x).contiguous(); };
    args.q = constant(args.q);
    args.k = constant(args.k);
    const Bases bases = averaging_bases(shape);
    on_every_mass_backend(shape, args, [&] {
      args.k_far = summarize_with_mass(args.k, bases, shape, args.token_mass);
      args.v_far = summarize_with_mass(args.v, bases, shape, args.token_mass);
      if (shape.linear) args.q_far = summarize_tokens(args.q, bases, shape.cell, shape.levels());
      const OracleResult result = run_op(args);
      const Tensor mass = args.token_mass.unsqueeze(-1), total = mass.sum(at::IntArrayRef{1, 2}, true);
      const Tensor mean = ((args.v * mass).sum(at::IntArrayRef{1, 2}, true) / total).expand_as(args.v);
      EXPECT_LE((result.out - mean).abs().max().item<double>(), 1e-5);
      const Tensor score = (args.q * args.k).sum(-1) / std::sqrt(double(shape.head_dim)) + total.squeeze(-1).log();
      EXPECT_LE((result.lse - score.permute({0, 3, 1, 2})).abs().max().item<double>(), 1e-4);
    });
  }
}

// Outputs and gradients of the path of a module: tokens -> summaries -> attention.
std::vector<Tensor> run_path(const CaseShape& shape, const OracleArgs2d& args, const Bases& bases,
                             const Tensor& d_out) {
  std::vector<Tensor> leaves = {args.q, args.k, args.v, args.token_mass, bases.token_basis};
  for (Tensor& leaf : leaves) leaf = leaf.detach().clone().requires_grad_();
  const Bases own = {leaves[4], bases.merge_basis};
  OracleArgs2d path = args;
  path.q = leaves[0];
  path.k = leaves[1];
  path.v = leaves[2];
  path.token_mass = leaves[3];
  path.k_far = summarize_with_mass(leaves[1], own, shape, leaves[3]);
  path.v_far = summarize_with_mass(leaves[2], own, shape, leaves[3]);
  if (shape.linear) path.q_far = summarize_with_mass(leaves[0], own, shape, leaves[3]);
  const OracleResult result = run_op(path);
  std::vector<Tensor> results = torch::autograd::grad({result.out}, leaves, {d_out});
  results.push_back(result.out.detach());
  results.push_back(result.lse.detach());
  return results;
}

TEST(Masses, AMaskedTokenChangesNothing) {
  for (int i = 0; i < 6; ++i) {
    CaseShape shape = mass_shape(24);
    shape.biased = i % 2 == 0;
    OracleArgs2d args = random_args(shape, torch::kFloat32);
    args.token_mass = random_token_mass(shape);
    const bool by_head = i % 3 != 0;
    if (!by_head) args.token_mass = args.token_mass.select(3, 0).clone();
    const Tensor masked =
        (by_head ? args.token_mass : args.token_mass.unsqueeze(-1)).eq(0).unsqueeze(-1).expand_as(args.k);
    const Bases bases = random_bases(shape, torch::kFloat32);
    const Tensor d_out = torch::randn_like(args.q);
    for (const double value : {std::nan(""), kInfinity, 7.0}) {
      OracleArgs2d changed = args;
      changed.k = args.k.masked_fill(masked, value);
      changed.v = args.v.masked_fill(masked, value);
      on_every_mass_backend(shape, args, [&] {
        const auto expected = run_path(shape, args, bases, d_out), actual = run_path(shape, changed, bases, d_out);
        for (size_t t = 0; t < expected.size(); ++t) {
          EXPECT_TRUE(expected[t].isfinite().all().item<bool>()) << t;
          EXPECT_TRUE(expected[t].equal(actual[t])) << "result " << t << " with " << value;
        }
        for (const size_t t : {1, 2}) EXPECT_FALSE(actual[t].masked_select(masked).any().item<bool>()) << t;
        EXPECT_FALSE(actual[3].masked_select(args.token_mass.eq(0)).any().item<bool>());
      });
    }
  }
}

TEST(Masses, AllTokensExtraAndNoMassIsFullAttention) {
  for (int i = 0; i < 8; ++i) {
    CaseShape shape = mass_shape(30);
    OracleArgs2d args = random_args(shape, torch::kFloat32);
    args.k_extra = args.k.flatten(1, 2);
    args.v_extra = args.v.flatten(1, 2);
    args.token_mass = torch::zeros({shape.batch, shape.height, shape.width});
    const Tensor expected = oracle_full_attention(args.q, args.k, args.v);
    args.k = torch::full_like(args.k, std::nan(""));
    args.v = torch::full_like(args.v, std::nan(""));
    for (auto* list : {&args.k_far, &args.v_far}) {
      for (Tensor& level : *list) level.fill_(std::nan(""));
    }
    on_every_mass_backend(shape, args, [&] { EXPECT_LE(relative_error(run_op(args).out, expected), 1e-5); });
  }
}

TEST(Masses, GivenMassesReplaceThoseOfTheSubcells) {
  for (int i = 0; i < 6; ++i) {
    const CaseShape shape = mass_shape(40);
    OracleArgs2d args = random_args(shape, torch::kFloat32);
    args.token_mass = random_token_mass(shape);
    OracleArgs2d given = args;
    for (int64_t level = 1; level <= shape.levels(); ++level) {
      // the sum of a sub-cell's masses is its number of tokens times their mean
      const Tensor count =
          oracle_subcell_mass(shape.height, shape.width, shape.cell, shape.rank, level).mass.to(torch::kFloat32);
      const Basis2d average = averaging_basis2d(shape.cell, shape.rank, level, shape.heads, torch::kFloat32);
      const Tensor mean =
          oracle_summarize2d(args.token_mass, average.token_basis, average.merge_basis, shape.cell).back();
      given.far_mass.push_back((mean * count.unsqueeze(-1)).to(torch::kFloat32).log());
    }
    on_every_mass_backend(shape, args, [&] {
      EXPECT_LE(relative_error(run_op(given).out, run_op(args).out), 1e-5);
      EXPECT_LE(relative_error(run_op(given).lse, run_op(args).lse), 1e-5);
    });
  }
}

TEST(Masses, AQueryWithoutAnyKeyGetsNothing) {
  for (const bool linear : {false, true}) {
    const CaseShape shape = {1, 13, 9, 2, 8, 2, 4, linear, false};
    OracleArgs2d args = random_args(shape, torch::kFloat32);
    args.token_mass = torch::zeros({1, 13, 9});
    on_every_mass_backend(shape, args, [&] {
      const OpResults results = run_with_grads(run_op, args, torch::randn_like(args.q), torch::randn({1, 2, 13, 9}));
      EXPECT_FALSE(results.out.any().item<bool>());
      EXPECT_TRUE(results.lse.eq(-kInfinity).all().item<bool>());
      for (const Tensor& grad : results.grads) EXPECT_FALSE(grad.any().item<bool>());
    });
  }
}

TEST(Masses, NanShowsWhereItIsSeen) {
  for (const bool linear : {false, true}) {
    const CaseShape shape = {1, 16, 16, 1, 8, 2, 1, linear, false};
    OracleArgs2d args = random_args(shape, torch::kFloat32);
    args.token_mass = torch::ones({1, 16, 16});
    args.token_mass[0][3][3] = std::nan("");
    on_every_mass_backend(shape, args, [&] {
      EXPECT_TRUE(run_op(args).out.isnan().all().item<bool>());  // every query sees the token or a summary of it
    });
  }
}

TEST(Masses, LevelsLeftOutAreLevelsOfNoMass) {
  for (int i = 0; i < 12; ++i) {
    CaseShape shape = mass_shape(60);
    shape.far_mass = true;
    SCOPED_TRACE(describe(shape));
    OracleArgs2d all = random_args(shape, torch::kFloat32), fewer = all;
    const auto kept = static_cast<size_t>(random_int(0, shape.levels() - 1));
    for (size_t level = kept; level < all.far_mass.size(); ++level) {
      all.far_mass[level] = torch::full_like(all.far_mass[level], -kInfinity);
    }
    for (auto* list : {&fewer.k_far, &fewer.v_far, &fewer.q_far, &fewer.far_bias, &fewer.far_mass}) {
      if (!list->empty()) list->resize(kept);
    }
    on_every_mass_backend(shape, all, [&] {
      const OracleResult expected = run_op(all), result = run_op(fewer);
      EXPECT_LE(relative_error(result.out, expected.out), 1e-5);
      EXPECT_LE(relative_error(result.lse, expected.lse), 1e-5);
    });
  }
}

// Masses that are not 0, at which they have no derivative.
TEST(Masses, Gradients) {
  for (int i = 0; i < 8; ++i) {
    const CaseShape shape = with_masses(random_shape(14));
    SCOPED_TRACE(describe(shape));
    OracleArgs2d args = random_args(shape, torch::kFloat64);
    if (args.token_mass.defined()) args.token_mass = torch::rand_like(args.token_mass) * 0.8 + 0.2;
    for (Tensor& level : args.far_mass) level = torch::randn_like(level);
    GradcheckOptions options;
    options.require_nonzero = false;
    const auto function = [&](const std::vector<Tensor>& tensors) {
      const OracleResult result = run_op(with_tensors(args, tensors));
      return torch::cat({result.out, result.lse.permute({0, 2, 3, 1}).unsqueeze(-1)}, -1);
    };
    EXPECT_EQ(gradcheck(function, tensors_of(args), options), "");
  }
}

TEST(Masses, SummariesAreThoseOfTheDefinition) {
  for (int i = 0; i < 12; ++i) {
    const CaseShape shape = mass_shape(40);
    SCOPED_TRACE(describe(shape));
    const Tensor x = torch::randn({shape.batch, shape.height, shape.width, shape.heads * shape.head_dim});
    Tensor mass = random_token_mass(shape);
    if (i % 2 == 0) mass = mass.select(3, 0).clone();
    const Bases bases = random_bases(shape, torch::kFloat32);
    // inputs and gradients are rounded to `stored`, and computed with in `dtype`
    const auto run = [&](torch::ScalarType stored, torch::ScalarType dtype, auto summarize) {
      std::vector<Tensor> leaves = {x, bases.token_basis};
      leaves.insert(leaves.end(), bases.merge_basis.begin(), bases.merge_basis.end());
      leaves.push_back(mass);
      for (Tensor& leaf : leaves) leaf = leaf.to(stored).to(dtype).detach().requires_grad_();
      leaves.back() = mass.to(mass_dtype(dtype)).detach().requires_grad_();
      std::vector<Tensor> results = summarize(leaves);
      std::vector<Tensor> d_summaries;
      for (const Tensor& level : results) {
        d_summaries.push_back(torch::linspace(-1, 2, level.numel()).view(level.sizes()).to(stored).to(dtype));
      }
      for (const Tensor& grad : torch::autograd::grad(results, leaves, d_summaries)) results.push_back(grad);
      return results;
    };
    const auto of_merges = [](const std::vector<Tensor>& leaves) {
      return std::vector<Tensor>{leaves.begin() + 2, leaves.end() - 1};
    };
    for (const char* backend : {"reference", "auto"}) {
      SCOPED_TRACE(backend);
      const ForcedBackend forced{std::string(backend)};
      for (const auto& [dtype, tolerance] :
           {std::pair(torch::kFloat64, 1e-10), std::pair(torch::kFloat32, 1e-4), std::pair(torch::kBFloat16, 0.02)}) {
        const auto expected = run(dtype, torch::kFloat64, [&](const std::vector<Tensor>& leaves) {
          return oracle_summarize2d(leaves[0], leaves[1], of_merges(leaves), shape.cell, leaves.back());
        });
        const auto actual = run(dtype, dtype, [&](const std::vector<Tensor>& leaves) {
          return summarize2d(leaves[0], leaves[1], of_merges(leaves), shape.cell, leaves.back());
        });
        ASSERT_EQ(actual.size(), expected.size());
        for (size_t t = 0; t < expected.size(); ++t) {
          EXPECT_LE(relative_error(actual[t], expected[t]), tolerance)
              << "result " << t << ", " << c10::toString(dtype);
        }
      }
    }
  }
}

}  // namespace
}  // namespace multipole::test
