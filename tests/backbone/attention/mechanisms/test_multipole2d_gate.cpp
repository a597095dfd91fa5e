// Gates of what is far in multipole2d attention.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <string>

#include "backbone/attention/mechanisms/multipole2d.h"
#include "backbone/attention/mechanisms/registry.h"
#include "tests/backbone/attention/mechanisms/dense_layer.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

constexpr int64_t kGatedCell = 3, kGatedPrefix = 2, kGatedDim = 16;

AttentionShape gated_shape() {
  return {.embed_dim = kGatedDim, .num_heads = 2, .grid_size = 20, .prefix_tokens = kGatedPrefix};
}

Json gated_config(const char* summaries, bool far_gate) {
  return {{"type", "multipole2d"},  {"variant", "log-linear"}, {"cell", kGatedCell}, {"bias", false}, {"hot", 4},
          {"summaries", summaries}, {"far_gate", far_gate}};
}

struct GatedInput {
  torch::Tensor x;
  SequenceGrid grid;
};

GatedInput random_gated_input(int64_t smallest, int64_t largest) {
  GatedInput input;
  input.grid.height = test::random_int(smallest, largest);
  input.grid.width = test::random_int(smallest, largest);
  input.x = torch::randn({2, kGatedPrefix + input.grid.height * input.grid.width, kGatedDim}, torch::kFloat64);
  return input;
}

bool is_gate(const std::string& name) { return name.starts_with("far_"); }

// The same weights, and gates of its own.
std::shared_ptr<Attention> gated(const char* summaries, const Attention& like) {
  auto attention = make_attention(gated_config(summaries, true), gated_shape(), "test");
  attention->to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : attention->named_parameters()) {
    if (!is_gate(parameter.key())) parameter->copy_(test::parameter_of(like, parameter.key()));
  }
  return attention;
}

void open_gates(Attention& attention) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : attention.named_parameters()) {
    if (is_gate(parameter.key())) parameter->add_(torch::randn_like(*parameter) * 0.3);
  }
}

TEST(Multipole2dGate, StartsAsIfItWereNotThereAndChangesOnlyWhatIsFar) {
  torch::manual_seed(test::test_seed());
  for (const char* summaries : {"basis", "cluster"}) {
    SCOPED_TRACE(summaries);
    const auto plain = test::random_attention(gated_config(summaries, false), gated_shape());
    const auto attention = gated(summaries, *plain);
    const GatedInput far = random_gated_input(2 * kGatedCell + 1, 22), near = random_gated_input(1, 2 * kGatedCell);
    const auto expected = plain->forward_sequence(far.x, far.grid);
    EXPECT_TRUE(torch::allclose(attention->forward_sequence(far.x, far.grid), expected, 1e-12, 1e-12));
    open_gates(*attention);
    EXPECT_FALSE(torch::allclose(attention->forward_sequence(far.x, far.grid), expected, 1e-4, 1e-4));
    EXPECT_TRUE(attention->forward_sequence(near.x, near.grid).equal(plain->forward_sequence(near.x, near.grid)));
  }
}

TEST(Multipole2dGate, GradientsAreThoseOfFiniteDifferences) {
  torch::manual_seed(test::test_seed());
  for (const char* summaries : {"basis", "cluster"}) {
    SCOPED_TRACE(summaries);
    const auto attention = test::random_attention(gated_config(summaries, true), gated_shape());
    GatedInput input = random_gated_input(19, 23);
    const auto weights = torch::randn_like(input.x);
    const auto objective = [&] { return (attention->forward_sequence(input.x, input.grid) * weights).sum(); };
    objective().backward();
    int64_t gates = 0;
    for (auto& parameter : attention->named_parameters()) {
      if (!is_gate(parameter.key())) continue;
      ++gates;
      ASSERT_TRUE(parameter->grad().defined()) << parameter.key();
      // gates act when it is settled which tokens are hot and which keys together: nothing jumps
      const auto direction = torch::randn_like(*parameter);
      constexpr double kStep = 1e-5;
      const torch::NoGradGuard no_grad;
      parameter->add_(direction, kStep);
      const double above = objective().item<double>();
      parameter->add_(direction, -2 * kStep);
      const double below = objective().item<double>();
      parameter->add_(direction, kStep);
      const double analytic = (parameter->grad() * direction).sum().item<double>();
      const double numeric = (above - below) / (2 * kStep);
      EXPECT_GT(parameter->grad().abs().max().item<double>(), 0) << parameter.key();
      EXPECT_NEAR(analytic, numeric, 1e-6 * (1 + std::abs(numeric))) << parameter.key();
    }
    EXPECT_EQ(gates, 3 * 2) << "a bias and two factors for each of two levels";
  }
}

TEST(Multipole2dGate, FurtherLevelsReuseTheLastOnes) {
  torch::manual_seed(test::test_seed());
  Json one = gated_config("cluster", true), two = one;
  one["max_levels"] = 1;
  two["max_levels"] = 2;
  const auto attention = test::random_attention(one, gated_shape());
  auto other = make_attention(two, gated_shape(), "test");
  other->to(torch::kFloat64);
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : other->named_parameters()) {
      std::string name = parameter.key();
      if (is_gate(name)) name.back() = '1';
      parameter->copy_(test::parameter_of(*attention, name));
    }
  }
  const GatedInput input = random_gated_input(19, 22);
  EXPECT_TRUE(torch::allclose(attention->forward_sequence(input.x, input.grid),
                              other->forward_sequence(input.x, input.grid), 1e-12, 1e-12));
}

TEST(Multipole2dGate, CountsItsParameters) {
  for (const bool bias : {false, true}) {
    const Multipole2dConfig config{.cell = kGatedCell, .bias = bias, .far_gate = true};
    double parameters = 0;
    for (const auto& parameter : Multipole2dAttention(config, gated_shape()).parameters()) {
      parameters += static_cast<double>(parameter.numel());
    }
    EXPECT_EQ(Multipole2dAttention::count_parameters(config, gated_shape()), parameters);
  }
}

}  // namespace
}  // namespace multipole
