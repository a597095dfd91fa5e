#include <gtest/gtest.h>
#include <torch/optim.h>
#include <torch/types.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/optimizers/adamw.h"
#include "engine/optimizers/lion.h"
#include "engine/optimizers/muon.h"
#include "engine/optimizers/registry.h"
#include "engine/optimizers/sgd.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

// Parameters of every kind, with random shapes.
std::vector<ParameterGroup> random_groups() {
  const auto leaf = [](std::vector<int64_t> shape) { return torch::randn(shape).requires_grad_(); };
  const int64_t rows = random_int(2, 9), columns = random_int(2, 9);
  return {
      {ParameterKind::kMatrix,
       1.0,
       {"a.weight", "b.weight", "c.weight"},
       {leaf({rows, columns}), leaf({rows, columns}), leaf({columns, rows + 1})}},
      {ParameterKind::kWeight, 1.0, {"conv.weight"}, {leaf({random_int(1, 5), 3, 3, 3})}},
      {ParameterKind::kPlain, 1.0, {"norm.weight", "scale"}, {leaf({random_int(1, 40)}), leaf({1})}},
      {ParameterKind::kKernel,
       1.0,
       {"kernel.weight"},
       {leaf({random_int(1, 5), 3, 3, 3}).detach().contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_()}}};
}

std::vector<ParameterGroup> copy_groups(const std::vector<ParameterGroup>& groups) {
  auto copies = groups;
  for (auto& group : copies) {
    for (auto& parameter : group.parameters) parameter = parameter.detach().clone().requires_grad_();
  }
  return copies;
}

void set_random_gradients(std::vector<ParameterGroup>& first, std::vector<ParameterGroup>& second) {
  for (size_t i = 0; i < first.size(); ++i) {
    for (size_t j = 0; j < first[i].parameters.size(); ++j) {
      const auto gradient = torch::randn_like(first[i].parameters[j]);
      first[i].parameters[j].mutable_grad() = gradient;
      second[i].parameters[j].mutable_grad() = gradient.clone();
    }
  }
}

void expect_equal(const std::vector<ParameterGroup>& first, const std::vector<ParameterGroup>& second,
                  double tolerance) {
  for (size_t i = 0; i < first.size(); ++i) {
    for (size_t j = 0; j < first[i].parameters.size(); ++j) {
      const auto difference = (first[i].parameters[j] - second[i].parameters[j]).abs().max().item<double>();
      EXPECT_LE(difference, tolerance) << first[i].names[j];
    }
  }
}

template <class Options>
std::vector<torch::optim::OptimizerParamGroup> torch_groups(const std::vector<ParameterGroup>& groups,
                                                            const Options& options) {
  std::vector<torch::optim::OptimizerParamGroup> result;
  for (const auto& group : groups) {
    auto own = std::make_unique<Options>(options);
    if (group.kind == ParameterKind::kPlain) own->weight_decay(0);
    result.emplace_back(group.parameters, std::move(own));
  }
  return result;
}

TEST(AdamW, TakesTheStepsOfTorch) {
  const AdamWConfig config{3e-2, 0.1, 0.8, 0.95, 1e-6};
  auto groups = random_groups(), reference = copy_groups(groups);
  AdamW optimizer(config, groups);
  torch::optim::AdamWOptions options(config.lr);
  options.weight_decay(config.weight_decay).betas({config.beta1, config.beta2}).eps(config.eps);
  torch::optim::AdamW expected(torch_groups(reference, options), options);
  for (int step = 0; step < 8; ++step) {
    set_random_gradients(groups, reference);
    const double factor = 1.0 - 0.1 * step;
    for (auto& group : expected.param_groups()) {
      static_cast<torch::optim::AdamWOptions&>(group.options()).lr(config.lr * factor);
    }
    optimizer.step(factor);
    expected.step();
    expect_equal(groups, reference, 2e-6);
  }
}

TEST(Sgd, TakesTheStepsOfTorch) {
  for (const bool nesterov : {false, true}) {
    const SgdConfig config{0.05, 1e-2, 0.9, nesterov};
    auto groups = random_groups(), reference = copy_groups(groups);
    Sgd optimizer(config, groups);
    torch::optim::SGDOptions options(config.lr);
    options.weight_decay(config.weight_decay).momentum(config.momentum).nesterov(nesterov);
    torch::optim::SGD expected(torch_groups(reference, options), options);
    for (int step = 0; step < 6; ++step) {
      set_random_gradients(groups, reference);
      optimizer.step(1.0);
      expected.step();
      expect_equal(groups, reference, 5e-6);
    }
  }
}

TEST(Muon, OrthogonalisesAnyShape) {
  for (int trial = 0; trial < 10; ++trial) {
    const int64_t rows = random_int(2, 40), columns = random_int(2, 40);
    const auto matrices = torch::randn({3, rows, columns}) * std::pow(10.0, random_int(-4, 4));
    const auto result = orthogonalize(matrices, 5);
    const auto [u, s, vh] = torch::linalg_svd(matrices, /*full_matrices=*/false);
    // the same singular vectors, with singular values near one
    const auto values = u.mT().matmul(result).matmul(vh.mT());
    const auto diagonal = values.diagonal(0, 1, 2);
    const auto rest = values - torch::diag_embed(diagonal);
    EXPECT_LT(rest.abs().max().item<double>(), 2e-3) << rows << " x " << columns;
    EXPECT_LT(diagonal.max().item<double>(), 1.3);
    // the iteration lifts singular values above about 1% of the norm; smaller ones are on their way
    const auto relative = s / s.norm(2, {1}, true);
    EXPECT_GT(diagonal.masked_select(relative > 0.02).min().item<double>(), 0.5) << rows << " x " << columns;
  }
  EXPECT_EQ(orthogonalize(torch::zeros({1, 4, 6}), 5).abs().max().item<double>(), 0.0);
}

TEST(Muon, MovesMatricesByOrthogonalUpdatesAndTheRestByAdamW) {
  const MuonConfig config{1e-2, 0.1, 0.9, 5, 0.8, 0.95, 1e-6};
  auto groups = random_groups(), reference = copy_groups(groups);
  const auto before = copy_groups(groups);
  Muon muon(config, groups);
  AdamW adamw({config.lr, config.weight_decay, config.beta1, config.beta2, config.eps}, reference);
  set_random_gradients(groups, reference);
  muon.step(0.5);
  adamw.step(0.5);
  for (size_t i = 1; i < groups.size(); ++i) expect_equal({groups[i]}, {reference[i]}, 0.0);
  const double lr = 0.5 * config.lr;
  for (size_t j = 0; j < groups[0].parameters.size(); ++j) {
    const auto& old = before[0].parameters[j];
    // the first momentum is parallel to the gradient, and so is the look-ahead
    const auto direction = orthogonalize(groups[0].parameters[j].grad().unsqueeze(0), 5).squeeze(0);
    const double size = 0.2 * std::sqrt(static_cast<double>(std::max(old.size(0), old.size(1))));
    const auto expected = old * (1 - lr * config.weight_decay) - lr * size * direction;
    EXPECT_TRUE(torch::allclose(groups[0].parameters[j], expected, 1e-4, 1e-5)) << groups[0].names[j];
  }
}

TEST(Muon, OrthogonalisesKernelsWhereAsked) {
  MuonConfig config;
  config.kernels = true;
  auto groups = random_groups(), reference = copy_groups(groups);
  const auto before = copy_groups(groups);
  Muon muon(config, groups);
  config.kernels = false;
  Muon plain(config, reference);
  set_random_gradients(groups, reference);
  muon.step(1.0);
  plain.step(1.0);
  for (size_t i = 0; i < 3; ++i) expect_equal({groups[i]}, {reference[i]}, 0.0);
  const auto& old = before[3].parameters[0];
  const auto direction = orthogonalize(groups[3].parameters[0].grad().flatten(1).unsqueeze(0), 5).view(old.sizes());
  const double size = 0.2 * std::sqrt(27.0);  // in_channels x height x width is the longer side
  const auto expected = old * (1 - config.lr * config.weight_decay) - config.lr * size * direction;
  EXPECT_TRUE(torch::allclose(groups[3].parameters[0], expected, 1e-4, 1e-5));
  EXPECT_FALSE(torch::allclose(reference[3].parameters[0], expected, 1e-4, 1e-5));
}

TEST(Lion, StepsByTheSignOfItsMomentum) {
  const LionConfig config{1e-2, 0.3, 0.9, 0.99};
  auto groups = random_groups();
  Lion lion(config, groups);
  // algorithm 2 of the paper, a parameter at a time
  auto expected = copy_groups(groups);
  auto momenta = copy_groups(groups);
  for (auto& group : momenta) {
    for (auto& momentum : group.parameters) momentum = torch::zeros_like(momentum);
  }
  for (int step = 0; step < 4; ++step) {
    auto unused = copy_groups(groups);
    set_random_gradients(groups, unused);
    lion.step(0.5);
    for (size_t i = 0; i < groups.size(); ++i) {
      const double decay = groups[i].kind == ParameterKind::kPlain ? 0.0 : config.weight_decay;
      for (size_t j = 0; j < groups[i].parameters.size(); ++j) {
        const auto gradient = groups[i].parameters[j].grad();
        auto& momentum = momenta[i].parameters[j];
        auto& value = expected[i].parameters[j];
        const auto direction = (config.beta1 * momentum + (1 - config.beta1) * gradient).sign();
        value = value - 0.5 * config.lr * (direction + decay * value);
        momentum = config.beta2 * momentum + (1 - config.beta2) * gradient;
      }
    }
    expect_equal(groups, expected, 1e-6);
  }
}

TEST(Optimizers, AGroupsShareScalesItsLearningRate) {
  for (const auto& type : optimizer_types()) {
    SCOPED_TRACE(type);
    auto scaled = random_groups(), plain = copy_groups(scaled);
    const auto before = copy_groups(scaled);
    for (auto& group : scaled) group.lr_scale = 0.25;
    set_random_gradients(scaled, plain);
    const auto of_scaled = make_optimizer({{"type", type}}, scaled, "optimizer");
    const auto of_plain = make_optimizer({{"type", type}}, plain, "optimizer");
    of_scaled->step(1.0);
    of_plain->step(0.25);
    expect_equal(scaled, plain, 1e-7);
    EXPECT_FALSE(torch::equal(scaled[0].parameters[0], before[0].parameters[0]));
  }
}

TEST(Optimizers, EveryTypeFindsTheMinimumOfABowl) {
  for (const auto& type : optimizer_types()) {
    SCOPED_TRACE(type);
    // near enough for muon, whose steps have a size of their own: 300 of them reach about 3.7 in every direction
    const auto weight = (torch::randn({6, 4}) * 0.3).requires_grad_();
    const auto target = torch::randn({6, 4}) * 0.3;
    const std::vector<ParameterGroup> groups = {{ParameterKind::kMatrix, 1.0, {"weight"}, {weight}}};
    const auto optimizer = make_optimizer({{"type", type}, {"lr", 0.05}, {"weight_decay", 0}}, groups, "optimizer");
    const auto loss = [&] { return (weight - target).square().sum(); };
    const double start = loss().item<double>();
    for (int step = 0; step < 300; ++step) {
      weight.mutable_grad().reset();
      loss().backward();
      optimizer->step(1.0 - step / 300.0);
    }
    EXPECT_LT(loss().item<double>(), 1e-2 * start);
  }
}

TEST(Optimizers, ContinueToTheSameBitsFromCopiedState) {
  for (const auto& type : optimizer_types()) {
    SCOPED_TRACE(type);
    auto first = random_groups();
    const auto optimizer = make_optimizer({{"type", type}}, first, "optimizer");
    auto second = copy_groups(first);
    for (int step = 0; step < 3; ++step) {
      set_random_gradients(first, second);
      optimizer->step(1.0);
    }
    second = copy_groups(first);
    const auto resumed = make_optimizer({{"type", type}}, second, "optimizer");
    std::map<std::string, torch::Tensor> saved;
    for (const auto& [name, tensor] : optimizer->state()) {
      EXPECT_TRUE(saved.emplace(name, tensor.clone()).second) << name << " twice";
    }
    for (const auto& [name, tensor] : resumed->state()) tensor.copy_(saved.at(name));
    for (int step = 0; step < 3; ++step) {
      set_random_gradients(first, second);
      optimizer->step(0.7);
      resumed->step(0.7);
    }
    expect_equal(first, second, 0.0);
  }
}

TEST(Optimizers, ParametersWithoutGradientStay) {
  for (const auto& type : optimizer_types()) {
    SCOPED_TRACE(type);
    auto groups = random_groups();
    const auto before = copy_groups(groups);
    groups[0].parameters[0].mutable_grad() = torch::ones_like(groups[0].parameters[0]);
    make_optimizer({{"type", type}}, groups, "optimizer")->step(1.0);
    EXPECT_FALSE(torch::equal(groups[0].parameters[0], before[0].parameters[0]));
    EXPECT_TRUE(torch::equal(groups[0].parameters[1], before[0].parameters[1]));
    EXPECT_TRUE(torch::equal(groups[2].parameters[0], before[2].parameters[0]));
  }
}

TEST(Optimizers, WrongConfigsAreConfigErrors) {
  EXPECT_THROW(resolve_optimizer_config({{"type", "adam"}}, "optimizer"), ConfigError);
  for (const auto& type : optimizer_types()) {
    const auto resolved = resolve_optimizer_config({{"type", type}}, "optimizer");
    EXPECT_EQ(resolve_optimizer_config(resolved, "optimizer"), resolved);
    EXPECT_THROW(resolve_optimizer_config({{"type", type}, {"learning_rate", 1}}, "optimizer"), ConfigError);
    EXPECT_THROW(resolve_optimizer_config({{"type", type}, {"lr", -1}}, "optimizer"), ConfigError);
  }
}

}  // namespace
}  // namespace multipole
