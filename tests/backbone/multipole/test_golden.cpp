// Every golden file through every backend that can run it: outputs to 1e-5, gradients to 1e-4 of their largest entry.
#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <map>

#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/golden_file.h"

namespace multipole::test {
namespace {

using torch::Tensor;

constexpr double kForwardTolerance = 1e-5, kGradientTolerance = 1e-4;

// The inputs of a golden file as leaves, and the quantities that it gives.
struct GoldenRun {
  std::map<std::string, Tensor> leaves;
  Tensor out, lse;
  std::vector<Tensor> k_far, v_far;
};

std::map<std::string, Tensor> leaves_of(const GoldenFile& golden, const torch::TensorOptions& options) {
  const std::string prefix = "grad.";
  std::map<std::string, Tensor> leaves;
  for (const auto& [name, tensor] : golden.tensors) {
    if (name.rfind(prefix, 0) != 0) continue;
    const std::string leaf = name.substr(prefix.size());
    leaves[leaf] = golden.at(leaf).to(options).clone().requires_grad_();
  }
  return leaves;
}

std::vector<Tensor> leaf_list(const GoldenRun& run, const std::string& prefix, int64_t count) {
  std::vector<Tensor> list;
  for (int64_t i = 1; i <= count; ++i) list.push_back(run.leaves.at(prefix + "." + std::to_string(i)));
  return list;
}

// The arguments of attention2d with the summaries of the file's own upward passes.
OracleArgs2d make_args2d(const GoldenFile& golden, GoldenRun& run) {
  const auto number = [&](const char* key) { return golden.parameters.at(key).get<int64_t>(); };
  const int64_t levels = number("levels");
  const bool linear = golden.parameters.value("linear", false), biased = golden.parameters.value("bias", false);
  const auto far = [&](const std::string& side) {
    if (levels == 0) return std::vector<Tensor>();
    const Bases bases = {run.leaves.at(side + "_token_basis"), leaf_list(run, side + "_merge_basis", levels - 1)};
    return summarize_tokens(run.leaves.at(side), bases, number("r"), levels);
  };
  OracleArgs2d args;
  args.cell = number("r");
  args.q = run.leaves.at("q");
  args.k = run.leaves.at("k");
  args.v = run.leaves.at("v");
  args.k_far = run.k_far = far("k");
  args.v_far = run.v_far = far("v");
  if (linear) args.q_far = far("q");
  if (biased) args.near_bias = run.leaves.at("near_bias");
  if (biased) args.far_bias = leaf_list(run, "far_bias", levels);
  return args;
}

GoldenRun run_golden_1d(const GoldenFile& golden, const torch::TensorOptions& options) {
  GoldenRun run = {leaves_of(golden, options), {}, {}, {}, {}};
  const int64_t group = golden.parameters.at("m").get<int64_t>(),
                levels = golden.parameters.at("levels").get<int64_t>();
  const auto far = [&](const std::string& side) {
    const Tensor& x = run.leaves.at(side);
    std::vector<Tensor> summaries = summarize1d(x.flatten(2), leaf_list(run, side + "_basis", levels), group);
    for (Tensor& level : summaries) level = level.unflatten(3, {x.size(2), x.size(3)});
    return summaries;
  };
  std::tie(run.out, run.lse) = attention1d(run.leaves.at("q"), run.leaves.at("k"), run.leaves.at("v"), far("k"),
                                           far("v"), group, golden.parameters.at("causal").get<bool>());
  return run;
}

void compare(const GoldenFile& golden, GoldenRun& run) {
  EXPECT_LE(relative_error(run.out, golden.at("out")), kForwardTolerance);
  EXPECT_LE(relative_error(run.lse, golden.at("lse")), kForwardTolerance);
  for (size_t i = 0; i < run.k_far.size(); ++i) {
    EXPECT_LE(relative_error(run.k_far[i], golden.at("k_far." + std::to_string(i + 1))), kForwardTolerance);
    EXPECT_LE(relative_error(run.v_far[i], golden.at("v_far." + std::to_string(i + 1))), kForwardTolerance);
  }
  (run.out * golden.at("grad_out").to(run.out.options())).sum().backward();
  for (const auto& [name, leaf] : run.leaves) {
    EXPECT_LE(relative_error(leaf.grad(), golden.at("grad." + name)), kGradientTolerance) << "gradient of " << name;
  }
}

void expect_golden_2d(torch::Device device) {
  for (const GoldenFile& golden : read_golden_files("fma2d_")) {
    for (const torch::ScalarType dtype : {torch::kFloat32, torch::kFloat64}) {
      const auto options = torch::TensorOptions(dtype).device(device);
      GoldenRun probe = {leaves_of(golden, options), {}, {}, {}, {}};
      for (const Backend backend : runnable_backends(make_args2d(golden, probe))) {
        SCOPED_TRACE(golden.name + ", " + c10::toString(dtype) + ", " + backend_name(backend));
        const ForcedBackend forced(backend);
        GoldenRun run = {leaves_of(golden, options), {}, {}, {}, {}};
        const OracleResult result = run_op(make_args2d(golden, run));
        run.out = result.out;
        run.lse = result.lse;
        compare(golden, run);
      }
    }
  }
}

void expect_golden_1d(torch::Device device) {
  for (const GoldenFile& golden : read_golden_files("fma1d_")) {
    for (const torch::ScalarType dtype : {torch::kFloat32, torch::kFloat64}) {
      SCOPED_TRACE(golden.name + ", " + c10::toString(dtype));
      GoldenRun run = run_golden_1d(golden, torch::TensorOptions(dtype).device(device));
      compare(golden, run);
    }
  }
}

TEST(Golden, Attention2d) { expect_golden_2d(torch::kCPU); }
TEST(Golden, Attention1d) { expect_golden_1d(torch::kCPU); }

TEST(GoldenOnCuda, Attention2d) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "this machine or build has no CUDA device";
  expect_golden_2d(torch::kCUDA);
}

TEST(GoldenOnCuda, Attention1d) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "this machine or build has no CUDA device";
  expect_golden_1d(torch::kCUDA);
}

// The dense oracle of the tests is the same definition: it must reproduce the files too.
TEST(Golden, DenseOracle) {
  for (const GoldenFile& golden : read_golden_files("fma2d_")) {
    SCOPED_TRACE(golden.name);
    GoldenRun run = {leaves_of(golden, torch::kFloat64), {}, {}, {}, {}};
    const OracleResult result = oracle_attention2d(make_args2d(golden, run));
    EXPECT_LE(relative_error(result.out, golden.at("out")), 1e-6);
    EXPECT_LE(relative_error(result.lse, golden.at("lse")), 1e-6);
  }
}

}  // namespace
}  // namespace multipole::test
