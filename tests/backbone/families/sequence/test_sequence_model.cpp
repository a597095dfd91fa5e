#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>
#include <vector>

#include "backbone/families/sequence/sequence_model.h"
#include "base/error.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

SequenceConfig small_config(const Json& attention) {
  return {.context = 40, .embed_dim = 16, .depth = 2, .num_heads = 2, .attention = attention};
}

// Every causal mechanism that a language model can use.
std::vector<Json> causal_attentions() {
  return {{{"type", "multipole1d"}, {"causal", true}, {"group", 4}, {"rank", 2}},
          {{"type", "full"}, {"causal", true}},
          {{"type", "conv_basis"}, {"tolerance", 0}, {"max_basis", 0}}};
}

TEST(SequenceModelTest, PredictsEachByteFromThoseBefore) {
  torch::manual_seed(test::test_seed());
  torch::NoGradGuard no_grad;
  for (const auto& attention : causal_attentions()) {
    SequenceModel model(small_config(attention));
    const int64_t length = test::random_int(3, 40), changed = test::random_int(1, length - 1);
    const auto bytes = torch::randint(kNumBytes, {2, length}, torch::kInt64);
    auto other = bytes.clone();
    other.select(1, changed).add_(1).remainder_(kNumBytes);
    const auto before = model->forward(bytes), after = model->forward(other);
    EXPECT_EQ(before.sizes(), (std::vector<int64_t>{2, length, kNumBytes}));
    EXPECT_TRUE(torch::allclose(before.slice(1, 0, changed), after.slice(1, 0, changed), 1e-4, 1e-6)) << attention;
    EXPECT_FALSE(torch::allclose(before.select(1, changed), after.select(1, changed), 1e-4, 1e-6)) << attention;
  }
}

TEST(SequenceModelTest, ParametersAreCountedAsTheyAreMade) {
  for (const auto& attention : causal_attentions()) {
    const SequenceModel model(small_config(attention));
    EXPECT_EQ(count_parameters(model->config()), model->num_parameters()) << attention;
  }
}

TEST(SequenceModelTest, EveryParameterLearns) {
  torch::manual_seed(test::test_seed());
  for (const auto& attention : causal_attentions()) {
    SequenceModel model(small_config(attention));
    const auto logits = model->forward(torch::randint(kNumBytes, {2, 40}, torch::kInt64));
    (logits * torch::randn_like(logits)).sum().backward();
    for (const auto& parameter : model->named_parameters()) {
      // a context of 40 takes the bases of levels 1 and 2; 49 tokens, its square grid, as many
      ASSERT_TRUE(parameter->grad().defined()) << attention << " " << parameter.key();
      EXPECT_TRUE(parameter->grad().isfinite().all().item<bool>()) << attention << " " << parameter.key();
    }
    const auto names = model->named_parameters();
    for (const auto& name : model->no_weight_decay()) EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(SequenceModelTest, LayerGroupsHoldEveryParameterOnceTheHeadsLast) {
  for (const auto& attention : causal_attentions()) {
    const SequenceModel model(small_config(attention));
    const auto groups = model->layer_groups();
    ASSERT_EQ(groups.size(), 4u);  // embeddings, two blocks, head
    std::vector<std::string> names, keys = model->named_parameters().keys();
    for (const auto& group : groups) names.insert(names.end(), group.begin(), group.end());
    EXPECT_NE(std::find(groups.back().begin(), groups.back().end(), "head.weight"), groups.back().end());
    std::sort(names.begin(), names.end());
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(names, keys);
  }
}

TEST(SequenceModelTest, CheckpointingChangesNeitherLogitsNorGradients) {
  torch::manual_seed(test::test_seed());
  for (const auto& attention : causal_attentions()) {
    SequenceModel model(small_config(attention));
    const auto bytes = torch::randint(kNumBytes, {2, test::random_int(2, 40)}, torch::kInt64);
    const auto run = [&] {
      const auto logits = model->forward(bytes);
      model->zero_grad();
      logits.square().mean().backward();
      std::vector<torch::Tensor> result = {logits.detach()};
      for (const auto& parameter : model->parameters()) {
        // a short text leaves the bases of far levels without a gradient
        if (parameter.grad().defined()) result.push_back(parameter.grad().clone());
      }
      return result;
    };
    const auto plain = run();
    model->set_gradient_checkpointing(true);
    const auto checkpointed = run();
    ASSERT_EQ(plain.size(), checkpointed.size());
    for (size_t i = 0; i < plain.size(); ++i)
      EXPECT_TRUE(torch::equal(plain[i], checkpointed[i])) << attention << " " << i;
  }
}

TEST(SequenceModelTest, RefusesWhatCannotPredict) {
  const auto message = [](const SequenceConfig& config) -> std::string {
    try {
      SequenceModel model(config);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message(small_config({{"type", "full"}})).find("must be causal"), std::string::npos);
  EXPECT_NE(message(small_config({{"type", "multipole2d"}})).find("must be causal"), std::string::npos);
  SequenceConfig heads = small_config({{"type", "full"}, {"causal", true}});
  heads.num_heads = 3;
  EXPECT_NE(message(heads).find("num_heads"), std::string::npos);
  SequenceModel model(small_config({{"type", "full"}, {"causal", true}}));
  EXPECT_THROW(model->forward(torch::zeros({1, 41}, torch::kInt64)), c10::Error);
}

}  // namespace
}  // namespace multipole
