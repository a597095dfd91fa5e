// Laws of token masses that every mechanism keeps which takes them; the others refuse them by name.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <vector>

#include "backbone/attention/mechanisms/registry.h"
#include "base/error.h"
#include "tests/backbone/attention/mechanisms/dense_layer.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

constexpr int64_t kMaskedDim = 16, kMaskedHeads = 4;

// Every mechanism that takes masses, and the variants of those that have some. Cells, windows and patches divide 8.
std::vector<Json> masked_configs() {
  std::vector<Json> configs = {
      {{"type", "multipole2d"}, {"cell", 2}},
      {{"type", "multipole2d"}, {"cell", 2}, {"variant", "log-linear"}, {"rank", 1}, {"far_gate", true}},
      {{"type", "multipole2d"}, {"cell", 2}, {"basis", "direct"}, {"qk_norm", true}},
      {{"type", "multipole2d"}, {"cell", 2}, {"log_mass", false}},
      {{"type", "multipole2d"}, {"cell", 2}, {"variant", "log-linear"}, {"summaries", "cluster"}},
      {{"type", "multipole2d"}, {"cell", 2}, {"hot", 5}},
      {{"type", "multipole2d"}, {"cell", 2}, {"variant", "log-linear"}, {"summaries", "cluster"}, {"hot", 9}},
      {{"type", "multipole2d"}, {"full_up_to", 4096}, {"bias", false}},
      {{"type", "window"}, {"window", 4}},
      {{"type", "window"}, {"window", 4}, {"padding", "before_shift"}, {"shift_axes", "both"}},
      {{"type", "window"}, {"window", 4}, {"padding", "after_shift"}, {"shift_axes", "always"}, {"bias", false}},
      {{"type", "pvt"}},
      {{"type", "pvt"}, {"partial_patches", "drop"}},
      {{"type", "pvt"}, {"reduction", 1}},
      {{"type", "full"}},
      {{"type", "full"}, {"causal", true}},
      {{"type", "convolution"}, {"kernel", 3}},
  };
  for (const auto& type : attention_types()) {
    const bool is_there = std::ranges::any_of(configs, [&](const Json& config) { return config["type"] == type; });
    if (takes_masses({{"type", type}}, "test") && !is_there) configs.push_back({{"type", type}});
  }
  return configs;
}

// Whether a grid that ends is the same as one whose rest is masked: not where hot tokens are chosen by mean queries of
// parts of the grid, nor where what lies beyond the border is seen, or a border is not.
bool ends_as_it_is_masked(const Json& config) {
  return config.value("hot", 0) == 0 && config.value("padding", "unseen") == "unseen" &&
         config.value("partial_patches", "pad") == "pad";
}

std::shared_ptr<Attention> make_masked(const Json& config) {
  return test::random_attention(
      config, {.embed_dim = kMaskedDim, .num_heads = kMaskedHeads, .grid_size = 32, .block = 1, .prefix_tokens = 0});
}

torch::Tensor run_masked(Attention& attention, const torch::Tensor& x, const torch::Tensor& mass) {
  const SequenceGrid grid{.height = x.size(1), .width = x.size(2), .rotary = {}, .token_mass = mass};
  return attention.forward_sequence(x.flatten(1, 2), grid).view(x.sizes());
}

// Of each token none, half or all, and never none of all.
torch::Tensor random_mass(int64_t batch, int64_t height, int64_t width) {
  auto mass = torch::randint(0, 3, {batch, height, width}).to(torch::kFloat32) / 2;
  mass.select(1, height / 2).select(1, width / 2).fill_(1);
  return mass;
}

TEST(TokenMassTest, WhoTakesNoMassesRefusesThemByName) {
  int64_t num_refusing = 0;
  const auto x = torch::randn({1, 5, 7, kMaskedDim}, torch::kFloat64);
  const auto mass = torch::ones({1, 5, 7}).index_put_({0, 2, 3}, 0);
  for (const auto& type : attention_types()) {
    SCOPED_TRACE(type);
    const Json config = {{"type", type}};
    auto attention = make_masked(config);
    EXPECT_TRUE(run_masked(*attention, x, torch::ones_like(mass)).equal(attention->forward(x))) << "all count: as ever";
    if (takes_masses(config, "test")) {
      EXPECT_NO_THROW(run_masked(*attention, x, mass));
      EXPECT_NO_THROW(require_masses(config, "model.attention"));
      continue;
    }
    ++num_refusing;
    EXPECT_THROW(run_masked(*attention, x, mass), c10::Error);
    try {
      require_masses(config, "model.attention");
      ADD_FAILURE() << "expected an error";
    } catch (const ConfigError& error) {
      EXPECT_EQ(std::string(error.what()),
                "model.attention.type: '" + type +
                    "' takes no token masses, so that it cannot leave out pixels without data; what does: multipole2d, "
                    "full, window, pvt, convolution");
    }
  }
  EXPECT_GT(num_refusing, 0);
}

TEST(TokenMassTest, OneEverywhereIsTheResultWithoutToTheBit) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : masked_configs()) {
    for (const auto type : {torch::kFloat32, torch::kBFloat16, torch::kFloat64}) {
      SCOPED_TRACE(testing::Message() << config << " " << type);
      auto attention = make_masked(config);
      attention->to(type);
      const auto x = torch::randn({2, random_int(1, 24), random_int(1, 24), kMaskedDim}).to(type);
      EXPECT_TRUE(run_masked(*attention, x, torch::ones({2, x.size(1), x.size(2)})).equal(attention->forward(x)));
    }
  }
}

TEST(TokenMassTest, MaskedTokensLeaveNoTraceWhateverTheyHold) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : masked_configs()) {
    for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
      SCOPED_TRACE(testing::Message() << config << " " << type);
      auto attention = make_masked(config);
      attention->to(type);
      const auto x = torch::randn({2, random_int(1, 24), random_int(1, 24), kMaskedDim}).to(type);
      const auto mass = random_mass(2, x.size(1), x.size(2)), masked = mass.eq(0);
      const auto expected = run_masked(*attention, x, mass);
      EXPECT_TRUE(expected.isfinite().all().item<bool>());
      EXPECT_TRUE(expected.index({masked}).eq(0).all().item<bool>()) << "their own results are zero";
      for (const double held : {std::numeric_limits<double>::quiet_NaN(), 1e30, -7.0}) {
        const auto other = x.masked_fill(masked.unsqueeze(-1), held);
        EXPECT_TRUE(run_masked(*attention, other, mass).equal(expected)) << held;
      }
      EXPECT_FALSE(run_masked(*attention, x, {}).equal(expected) && masked.any().item<bool>())
          << "masses change nothing";
    }
  }
}

TEST(TokenMassTest, AGridThatEndsIsOneWhoseRestIsMasked) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : masked_configs()) {
    if (!ends_as_it_is_masked(config)) continue;
    auto attention = make_masked(config);
    for (int round = 0; round < 4; ++round) {
      // above 4: a window shifts where an axis is longer
      const int64_t height = random_int(5, 31), width = random_int(5, 31);
      SCOPED_TRACE(testing::Message() << config << ", " << height << " x " << width);
      const auto x = torch::randn({1, 32, 32, kMaskedDim}, torch::kFloat64);
      const auto own = [&](const torch::Tensor& t) { return t.slice(1, 0, height).slice(2, 0, width); };
      auto mass = torch::zeros({1, 32, 32});
      own(mass).fill_(1);
      const auto alone = attention->forward(own(x).contiguous());
      EXPECT_LE((own(run_masked(*attention, x, mass)) - alone).abs().max().item<double>(), 1e-5);
      if (config.value("summaries", "basis") == "cluster") continue;  // rounding decides which cluster a token is in
      attention->to(torch::kFloat32);
      const auto in_float = own(run_masked(*attention, x.to(torch::kFloat32), mass));
      EXPECT_LE((in_float - alone).abs().max().item<double>(), 1e-3 * (1 + alone.abs().max().item<double>()));
      attention->to(torch::kFloat64);
    }
  }
}

// Halves of 16 of 32 tokens begin with a cell of every level, a window and a patch.
TEST(TokenMassTest, EveryHalfIsAsItIsAlone) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : masked_configs()) {
    if (!ends_as_it_is_masked(config)) continue;
    auto attention = make_masked(config);
    for (const int64_t axis : {1, 2}) {
      for (const int64_t begin : {0, 16}) {
        SCOPED_TRACE(testing::Message() << config << ", axis " << axis << " from " << begin);
        const auto x = torch::randn({2, 32, 32, kMaskedDim}, torch::kFloat64);
        auto mass = torch::zeros({2, 32, 32});
        mass.narrow(axis, begin, 16).fill_(1);
        const auto alone = attention->forward(x.narrow(axis, begin, 16).contiguous());
        EXPECT_LE((run_masked(*attention, x, mass).narrow(axis, begin, 16) - alone).abs().max().item<double>(), 1e-5);
      }
    }
  }
}

TEST(TokenMassTest, PicturesOfABatchHaveMasksOfTheirOwn) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : masked_configs()) {
    SCOPED_TRACE(testing::Message() << config);
    auto attention = make_masked(config);
    const int64_t height = random_int(9, 20), width = random_int(9, 20);
    const auto x = torch::randn({5, height, width, kMaskedDim}, torch::kFloat64);
    auto mass = random_mass(5, height, width);
    mass[1].fill_(1);
    mass[2].fill_(0);  // nothing at all
    mass[3].fill_(0);
    mass[3].slice(1, 0, 2).slice(0, 0, 1).fill_(1);  // fewer tokens than hot ones
    const auto together = run_masked(*attention, x, mass);
    EXPECT_TRUE(together[2].eq(0).all().item<bool>());
    for (int64_t i = 0; i < 5; ++i) {
      const auto alone = run_masked(*attention, x.narrow(0, i, 1), mass.narrow(0, i, 1));
      EXPECT_LE((alone[0] - together[i]).abs().max().item<double>(), 1e-9) << i;
    }
  }
}

// One picture without any token beside one with some: no gradient of either is lost or becomes NaN.
TEST(TokenMassTest, GradientsAreThoseOfFiniteDifferences) {
  torch::manual_seed(test::test_seed());
  for (const auto& config : masked_configs()) {
    SCOPED_TRACE(testing::Message() << config);
    auto attention = make_masked(config);
    auto mass = random_mass(2, 11, 13).to(torch::kFloat64);
    mass[1].fill_(0);
    auto x = torch::randn({2, 11, 13, kMaskedDim}, torch::kFloat64);
    x.masked_fill_(mass.eq(0).unsqueeze(-1), std::numeric_limits<double>::quiet_NaN()).requires_grad_();
    const auto weights = torch::randn(x.sizes(), torch::kFloat64);
    const auto objective = [&] { return (run_masked(*attention, x, mass) * weights).sum(); };
    objective().backward();
    EXPECT_TRUE(x.grad().masked_select(mass.eq(0).unsqueeze(-1)).eq(0).all().item<bool>());
    auto leaves = attention->parameters();
    leaves.push_back(x);
    for (auto& leaf : leaves) {
      if (!leaf.grad().defined()) continue;  // what this grid has no level for
      const auto direction = torch::randn(leaf.sizes(), torch::kFloat64) / std::sqrt(leaf.numel());
      const double analytic = (leaf.grad() * direction).sum().item<double>();
      const torch::NoGradGuard no_grad;
      const auto start = leaf.detach().clone();
      const auto numeric_with = [&](double step) {
        const auto at = [&](double steps) {
          leaf.copy_(start + steps * step * direction);
          return objective().item<double>();
        };
        return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step);
      };
      double numeric = 0;
      // a step on which another token becomes hot, or a key joins another cluster, says nothing; a shorter one may not
      for (const double step : {5e-6, 5e-7, 5e-8}) {
        numeric = numeric_with(step);
        if (std::abs(analytic - numeric) <= 1e-5 * (1 + std::abs(numeric))) break;
      }
      leaf.copy_(start);
      EXPECT_NEAR(analytic, numeric, 1e-5 * (1 + std::abs(numeric))) << leaf.sizes();
    }
  }
}

// Prefix tokens count whatever the grid does, and see it without what is masked.
TEST(TokenMassTest, PrefixTokensSeeWhatIsNotMasked) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : masked_configs()) {
    const bool takes_prefix = config["type"] == "multipole2d" || config["type"] == "full";
    if (!takes_prefix || config.value("causal", false)) continue;
    SCOPED_TRACE(testing::Message() << config);
    const int64_t prefix = 3, height = random_int(5, 19), width = random_int(5, 19), tokens = height * width;
    auto attention = test::random_attention(
        config, {.embed_dim = kMaskedDim, .num_heads = kMaskedHeads, .grid_size = 16, .prefix_tokens = prefix});
    const auto x = torch::randn({2, prefix + tokens, kMaskedDim}, torch::kFloat64);
    auto mass = random_mass(2, height, width).to(torch::kFloat64);
    mass[1].fill_(0);
    SequenceGrid grid{.height = height, .width = width, .rotary = {}, .token_mass = mass};
    if (!config.value("qk_norm", false)) {
      grid.rotary = torch::randn({2, tokens, kMaskedDim / kMaskedHeads}, torch::kFloat64);
    }
    const auto expected = attention->forward_sequence(x, grid);
    EXPECT_TRUE(expected.isfinite().all().item<bool>());
    const auto masked = torch::cat({torch::zeros({2, prefix}, torch::kBool), mass.eq(0).flatten(1)}, 1).unsqueeze(-1);
    const auto other = x.masked_fill(masked, std::numeric_limits<double>::quiet_NaN());
    EXPECT_TRUE(attention->forward_sequence(other, grid).equal(expected));
    // a picture of prefix tokens alone is full attention among those
    const auto alone =
        make_attention({{"type", "full"}, {"qk_norm", config.value("qk_norm", false)}},
                       {.embed_dim = kMaskedDim, .num_heads = kMaskedHeads, .prefix_tokens = prefix}, "test");
    alone->to(torch::kFloat64);
    for (auto& parameter : alone->named_parameters()) {
      parameter.value().copy_(test::parameter_of(*attention, parameter.key()));
    }
    const auto of_prefix = x.narrow(0, 1, 1).narrow(1, 0, prefix).unsqueeze(1);
    EXPECT_TRUE(torch::allclose(alone->forward(of_prefix)[0][0], expected[1].narrow(0, 0, prefix), 1e-9, 1e-9));
  }
}

}  // namespace
}  // namespace multipole
