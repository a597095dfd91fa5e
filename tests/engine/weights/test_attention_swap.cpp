// Another attention in a model file's model: which weights stay, which start fresh, and what is stored of it.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>

#include "base/error.h"
#include "engine/weights/attention_swap.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vit_file.h"

namespace multipole {
namespace {

class AttentionSwap : public testing::Test {
 protected:
  LoadedModel small_vit(const Json& changes = Json::object()) {
    test::write_random_vit(folder_ / "model.safetensors", {"a", "b"}, "classification", changes);
    return load_model(folder_ / "model.safetensors");
  }

  const test::TemporaryFolder folder_;
};

TEST_F(AttentionSwap, KeepsEveryWeightAndIsStored) {
  const LoadedModel loaded = small_vit();
  LoadedModel swapped = swap_attention(loaded, "multipole2d", "attention");
  const auto before = named_weights(*loaded.model), after = named_weights(*swapped.model);
  EXPECT_EQ(before.size(), after.size());
  for (const auto& [name, tensor] : before) EXPECT_TRUE(tensor.equal(after.at(name))) << name;
  EXPECT_FALSE(swapped.model->is_training());
  save_model(folder_ / "swapped.safetensors", *swapped.model, swapped.metadata);
  LoadedModel stored = load_model(folder_ / "swapped.safetensors", "classification");
  EXPECT_EQ(stored.metadata.architecture.backbone["attention"]["summaries"], "cluster");
  const torch::NoGradGuard no_grad;
  const auto images = torch::randn({1, 3, 96, 80});
  EXPECT_TRUE(stored.model->forward(images).equal(swapped.model->forward(images)));
  LoadedModel back = swap_attention(stored, "full", "attention"), full = loaded;
  EXPECT_TRUE(back.model->forward(images).equal(full.model->forward(images)));
  EXPECT_FALSE(stored.model->forward(images).equal(full.model->forward(images)));
}

TEST_F(AttentionSwap, AnEmptyChoiceKeepsTheModel) {
  const LoadedModel loaded = small_vit();
  EXPECT_EQ(swap_attention(loaded, "", "attention").model.ptr(), loaded.model.ptr());
}

TEST_F(AttentionSwap, WhatTheMechanismAddsStartsFresh) {
  const LoadedModel loaded = small_vit();
  const auto swapped =
      swap_attention(loaded, R"({"type": "multipole2d", "cell": 2, "summaries": "basis", "bias": true})", "attention");
  const auto before = named_weights(*loaded.model), after = named_weights(*swapped.model);
  EXPECT_TRUE(after.contains("backbone.blocks.0.attention.token_basis"));
  EXPECT_TRUE(after.contains("backbone.blocks.1.attention.near_bias"));
  for (const auto& [name, tensor] : before) EXPECT_TRUE(tensor.equal(after.at(name))) << name;
}

TEST_F(AttentionSwap, RefusesWeightsThatTheModelDoesNotHave) {
  const LoadedModel loaded = small_vit({{"attention", {{"type", "full"}, {"qkv_bias", false}}}});
  try {
    swap_attention(loaded, R"({"type": "multipole2d", "qkv_bias": true})", "--attention");
    FAIL() << "the file has no bias of queries";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("attention.qkv.bias"), std::string::npos) << error.what();
  }
  EXPECT_THROW(swap_attention(loaded, "{\"type\": ", "--attention"), ConfigError);
}

}  // namespace
}  // namespace multipole
