// Wrong arguments of the backward operators, which Python can call with anything.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backbone/multipole/op.h"
#include "backbone/multipole/operators.h"
#include "tests/backbone/multipole/cluster_cases.h"
#include "tests/backbone/multipole/expect_error.h"

namespace multipole::test {
namespace {

using torch::Tensor;

// d_out, out, lse and d_lse of one call.
struct Upstream {
  Tensor d_out, out, lse;
  std::optional<Tensor> d_lse;
};

// Each wrong tensor alone, on each device that needs no hardware; `run` calls the backward operator.
void expect_upstream_errors(const std::string& op, const Upstream& good, const std::string& lse_dims,
                            const std::function<void(const Upstream&)>& run) {
  EXPECT_NO_THROW(run(good));
  const auto expect = [&](const std::function<void(Upstream&)>& change, std::vector<std::string> parts) {
    Upstream wrong = good;
    change(wrong);
    parts.insert(parts.begin(), "multipole::" + op);
    expect_error([&] { run(wrong); }, parts);
  };
  expect([](auto& u) { u.d_out = u.d_out.slice(1, 1); }, {"d_out must have shape"});
  expect([](auto& u) { u.d_out = u.d_out.flatten(); }, {"d_out must have shape"});
  expect([](auto& u) { u.out = u.out.slice(-1, 1); }, {"out must have shape"});
  expect([](auto& u) { u.out = u.out.to(torch::kFloat64); }, {"out must have the dtype of q"});
  expect([](auto& u) { u.d_out = u.d_out.to(torch::kHalf); }, {"d_out must have the dtype of q"});
  expect([](auto& u) { u.lse = u.lse.slice(-1, 1); }, {"lse must have shape " + lse_dims});
  expect([](auto& u) { u.lse = u.lse.to(torch::kFloat64); }, {"lse must have dtype Float", "got Double"});
  expect([](auto& u) { u.d_lse = u.d_lse->slice(1, 1); }, {"d_lse must have shape " + lse_dims});
  expect([](auto& u) { u.d_lse = u.d_lse->to(torch::kBFloat16); }, {"d_lse must have dtype Float", "got BFloat16"});
  const bool is_meta = good.out.is_meta();
  const auto elsewhere = [&](const Tensor& x) { return torch::zeros_like(x, is_meta ? torch::kCPU : torch::kMeta); };
  expect([&](auto& u) { u.d_out = elsewhere(u.d_out); }, {"d_out must be on the device of q"});
  expect([&](auto& u) { u.out = elsewhere(u.out); }, {"out must be on the device of q"});
  expect([&](auto& u) { u.lse = elsewhere(u.lse); }, {"lse must be on the device of q"});
  expect([&](auto& u) { u.d_lse = elsewhere(*u.d_lse); }, {"d_lse must be on the device of q"});
}

TEST(BackwardErrors, Attention2d) {
  static const auto op = find_operator<Attention2dBackwardSignature>("_attention2d_backward");
  for (const torch::Device device : {torch::kCPU, torch::kMeta}) {
    for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
      const OracleArgs2d args = to_device(to_dtype(good_args(), dtype), device);
      const OracleResult result = run_op(args);
      expect_upstream_errors("_attention2d_backward",
                             {torch::zeros_like(result.out), result.out, result.lse, torch::zeros_like(result.lse)},
                             "(B, heads, H, W)", [&](const Upstream& u) {
                               op.call(u.d_out, u.d_lse, u.out, u.lse, args.q, args.k, args.v, args.k_far, args.v_far,
                                       args.cell, args.q_far, args.near_bias, args.far_bias, args.scale, {}, {}, {},
                                       {});
                             });
    }
  }
}

TEST(BackwardErrors, Attention1d) {
  static const auto op = find_operator<Attention1dBackwardSignature>("_attention1d_backward");
  for (const torch::Device device : {torch::kCPU, torch::kMeta}) {
    const Tensor x = torch::randn({1, 16, 2, 8}).to(device), far = torch::randn({1, 4, 2, 2, 8}).to(device);
    const auto [out, lse] = attention1d(x, x, x, {far}, {far}, 4);
    expect_upstream_errors("_attention1d_backward", {x, out, lse, torch::zeros_like(lse)}, "(B, heads, n)",
                           [&, out = out](const Upstream& u) {
                             op.call(u.d_out, u.d_lse, u.out, u.lse, x, x, x, {far}, {far}, 4, false, std::nullopt);
                           });
  }
}

// A list of one gradient a level, each wrong in one way; `run` calls the backward operator.
void expect_d_summaries_errors(const std::string& op, const std::vector<Tensor>& good, const std::string& dims,
                               const std::function<void(const std::vector<Tensor>&)>& run) {
  EXPECT_NO_THROW(run(good));
  const auto expect = [&](const std::function<void(std::vector<Tensor>&)>& change, std::vector<std::string> parts) {
    std::vector<Tensor> wrong = good;
    change(wrong);
    parts.insert(parts.begin(), "multipole::" + op);
    expect_error([&] { run(wrong); }, parts);
  };
  const std::string count = "d_summaries must have " + std::to_string(good.size()) + " tensors";
  expect([](auto& list) { list.clear(); }, {count, "got 0"});
  expect([](auto& list) { list.pop_back(); }, {count});
  expect([](auto& list) { list.push_back(list.back()); }, {count});
  for (size_t i = 0; i < good.size(); ++i) {
    const std::string name = "d_summaries[" + std::to_string(i) + "]";
    expect([&](auto& list) { list[i] = list[i].slice(1, 1); }, {name + " must have shape " + dims});
    expect([&](auto& list) { list[i] = list[i].slice(-1, 1); }, {name + " must have shape " + dims});
    expect([&](auto& list) { list[i] = list[i].flatten(); }, {name + " must have shape " + dims});
    expect([&](auto& list) { list[i] = list[i].to(torch::kFloat64); }, {name + " must have the dtype of x"});
    expect([&](auto& list) { list[i] = Tensor(); }, {name + " is an undefined tensor"});
    const auto elsewhere = good[i].is_meta() ? torch::kCPU : torch::kMeta;
    expect([&](auto& list) { list[i] = torch::zeros_like(list[i], elsewhere); },
           {name + " must be on the device of x"});
  }
}

TEST(BackwardErrors, Summarize2d) {
  static const auto op = find_operator<Summarize2dBackwardSignature>("_summarize2d_backward");
  for (const torch::Device device : {torch::kCPU, torch::kMeta}) {
    const Tensor x = torch::randn({1, 7, 9, 8}).to(device), basis = torch::randn({4, 2, 2, 8}).to(device),
                 merge = torch::randn({4, 2, 2, 4, 8}).to(device);
    expect_d_summaries_errors("_summarize2d_backward", summarize2d(x, basis, {merge}, 2), "(B, Hl, Wl, rank, C)",
                              [&](const std::vector<Tensor>& list) { op.call(list, x, basis, {merge}, 2, {}); });
  }
}

TEST(BackwardErrors, Summarize1d) {
  static const auto op = find_operator<Summarize1dBackwardSignature>("_summarize1d_backward");
  for (const torch::Device device : {torch::kCPU, torch::kMeta}) {
    const Tensor x = torch::randn({1, 16, 8}).to(device), first = torch::randn({2, 4, 8}).to(device),
                 second = torch::randn({1, 8, 8}).to(device);
    expect_d_summaries_errors("_summarize1d_backward", summarize1d(x, {first, second}, 4), "(B, groups, rank, C)",
                              [&](const std::vector<Tensor>& list) {
                                op.call(list, x, {first, second}, 4);
                              });
  }
}

TEST(BackwardErrors, Cluster2d) {
  static const auto op = find_operator<Cluster2dBackwardSignature>("_cluster2d_backward");
  using Levels = std::vector<Tensor>;
  for (const torch::Device device : {torch::kCPU, torch::kMeta}) {
    const Tensor k = torch::ones({1, 5, 7, 2, 3}, device), mass = torch::ones({1, 5, 7}, device);
    ClusterCase c = {k, k, mass, 2, 4, 2};
    const ClusterResult good = cluster_with_labels(c);
    const auto run = [&](const ClusterResult& d, const ClusterResult& result) {
      op.call(d.k_far, d.v_far, d.far_mass, result.k_far, result.v_far, result.far_mass, result.labels, k, k, 2, 4, 2,
              mass);
    };
    EXPECT_NO_THROW(run(good, good));
    const std::pair<const char*, Levels ClusterResult::*> lists[] = {
        {"k_far", &ClusterResult::k_far}, {"v_far", &ClusterResult::v_far}, {"far_mass", &ClusterResult::far_mass}};
    for (const auto& [name, list] : lists) {
      ClusterResult wrong = good;
      (wrong.*list)[1] = (wrong.*list)[1].slice(1, 1);
      expect_error([&, name = name] { run(wrong, good); }, {std::string("d_") + name + "[1] must have shape"});
      expect_error([&, name = name] { run(good, wrong); },
                   {"_cluster2d_backward: ", std::string(name) + "[1] must have shape"});
    }
    ClusterResult wrong = good;
    wrong.labels.pop_back();
    expect_error([&] { run(good, wrong); }, {"labels must have 2"});
    wrong.labels = {good.labels[0], good.labels[1].to(torch::kLong)};
    expect_error([&] { run(good, wrong); }, {"labels[1] must have dtype Int"});
    wrong.labels = {good.labels[0], good.labels[0]};
    expect_error([&] { run(good, wrong); }, {"labels[1] must have shape"});
  }
}

}  // namespace
}  // namespace multipole::test
