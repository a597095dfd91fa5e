#include "backbone/multipole/dispatch/self_test.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <torch/autograd.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "backbone/multipole/dispatch/dispatch.h"
#include "backbone/multipole/quadtree.h"
#include "backbone/multipole/reference/dense.h"
#include "backbone/multipole/tensor_pack.h"

namespace multipole {
namespace {

// Ragged on both axes, two far levels, four summaries a cell.
constexpr int64_t kHeight = 9, kWidth = 11, kCell = 2, kRank = 4, kHeads = 2, kHeadDim = 16, kExtraKeys = 5;
// A float32 backend that differs by more, relative to the largest entry, is wrong and not just rounding.
constexpr double kTolerance = 1e-4;

Attention2dArgs random_case(bool linear, bool weighed) {
  at::Generator generator = at::detail::createCPUGenerator(7);
  const auto random = [&](at::IntArrayRef sizes) { return at::randn(sizes, generator, at::kFloat); };
  Attention2dArgs args;
  args.cell = kCell;
  args.scale = 1 / std::sqrt(static_cast<double>(kHeadDim));
  for (at::Tensor* tokens : {&args.q, &args.k, &args.v}) *tokens = random({1, kHeight, kWidth, kHeads, kHeadDim});
  args.near_bias = random({kHeads, near_bias_side(kCell), near_bias_side(kCell)});
  if (weighed) {
    args.k_extra = random({1, kExtraKeys, kHeads, kHeadDim});
    args.v_extra = random({1, kExtraKeys, kHeads, kHeadDim});
    // a half of the tokens is taken out
    args.token_mass = random({1, kHeight, kWidth, kHeads}).clamp(0, 1);
  }
  for (int64_t level = 1; level <= num_far_levels_2d(kHeight, kWidth, kCell); ++level) {
    const std::vector<int64_t> sizes = {
        1, level_cells(level, kHeight, kCell), level_cells(level, kWidth, kCell), kRank, kHeads, kHeadDim};
    args.k_far.push_back(random(sizes));
    args.v_far.push_back(random(sizes));
    if (linear) args.q_far.push_back(random(sizes));
    args.far_bias.push_back(random({kHeads, kFarBiasSide, kFarBiasSide}));
    if (weighed) args.far_mass.push_back(random(at::IntArrayRef(sizes).slice(0, 5)).clamp_min(0).log());
  }
  return args;
}

// Output and gradients of sum(out * d_out), in the order of tensor_pack.h.
std::vector<at::Tensor> run_dense(const Attention2dArgs& args, const at::Tensor& d_out) {
  const at::AutoGradMode with_gradients(true);
  const std::vector<at::Tensor> leaves = pack(args);
  for (const at::Tensor& leaf : leaves) leaf.set_requires_grad(true);
  const at::Tensor out = reference::dense_attention2d(args);
  std::vector<at::Tensor> results = torch::autograd::grad({out}, leaves, {d_out.to(at::kDouble)});
  for (const at::Tensor& leaf : leaves) leaf.set_requires_grad(false);
  results.insert(results.begin(), out.detach());
  return results;
}

// NaN where a number is: a maximum would pass over it.
double largest_difference(const std::vector<at::Tensor>& actual, const std::vector<at::Tensor>& expected) {
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const at::Tensor wanted = expected[i].to(at::kDouble);
    const double difference =
        (actual[i].to(at::kDouble) - wanted).abs().max().item<double>() / wanted.abs().max().item<double>();
    if (std::isnan(difference)) return difference;
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace

std::vector<at::Tensor> attention2d_with_gradients(Backend backend, const Attention2dArgs& args,
                                                   const at::Tensor& d_out) {
  const auto [out, lse] = run_attention2d_on(backend, args);
  std::vector<at::Tensor> results = pack(run_attention2d_backward_on(backend, args, out, lse, d_out, {}));
  results.insert(results.begin(), out);
  return results;
}

std::vector<SelfTestResult> run_self_test(const SelfTestSubject& subject) {
  const at::NoGradGuard no_grad;
  std::vector<SelfTestResult> results;
  for (const auto& [linear, weighed] :
       {std::pair(false, false), std::pair(true, false), std::pair(false, true), std::pair(true, true)}) {
    const Attention2dArgs args = random_case(linear, weighed);
    const at::Tensor d_out = args.q.flip(1).contiguous();
    const std::vector<at::Tensor> expected = run_dense(args, d_out);
    for (const Candidate& candidate : attention2d_candidates(args)) {
      const std::string name = std::string("attention2d ") + (linear ? "linear, " : "log-linear, ") +
                               (weighed ? "extra keys and masses, " : "") + backend_name(candidate.backend);
      if (!candidate.why_not.empty()) {
        results.push_back({name, true, "not run: " + candidate.why_not});
        continue;
      }
      const double difference = largest_difference(subject(candidate.backend, args, d_out), expected);
      std::ostringstream detail;
      detail << "output and gradients differ from a dense computation by at most " << difference;
      results.push_back({name, difference < kTolerance, detail.str()});
    }
  }
  return results;
}

}  // namespace multipole
