#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"
#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"
#include "tests/apps/import_command.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using test::timm_config;
using test::Weights;

// A ViT of one block on 2 x 2 patches as timm names its weights.
Weights timm_weights(int64_t classes) {
  constexpr int64_t kWidth = 64;
  Weights weights = {{"cls_token", torch::randn({1, 1, kWidth})},
                     {"pos_embed", torch::randn({1, 5, kWidth})},
                     {"patch_embed.proj.weight", torch::randn({kWidth, 3, 8, 8})},
                     {"patch_embed.proj.bias", torch::randn({kWidth})}};
  const auto add = [&](const std::string& name, int64_t inputs, int64_t outputs) {
    weights[name + ".weight"] = inputs > 0 ? torch::randn({outputs, inputs}) : torch::ones({outputs});
    weights[name + ".bias"] = torch::randn({outputs});
  };
  add("blocks.0.norm1", 0, kWidth);
  add("blocks.0.attn.qkv", kWidth, 3 * kWidth);
  add("blocks.0.attn.proj", kWidth, kWidth);
  add("blocks.0.norm2", 0, kWidth);
  add("blocks.0.mlp.fc1", kWidth, 2 * kWidth);
  add("blocks.0.mlp.fc2", 2 * kWidth, kWidth);
  add("norm", 0, kWidth);
  add("head", kWidth, classes);
  return weights;
}

class ImportCommand : public test::ImportFolder {};

TEST_F(ImportCommand, OneFileHoldsWhatTheFolderHeld) {
  write(timm_config(), timm_weights(3));
  const auto result = run_import();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(parse_json(result.out, "import")["architecture"], "vit_tiny_patch8_16");
  const auto loaded = load_model(model(), "classification");
  EXPECT_EQ(loaded.metadata.classes, (std::vector<std::string>{"cat", "dog", "owl"}));
  const Json& preprocessing = loaded.metadata.preprocessing;
  EXPECT_EQ(preprocessing["mean"], Json({0.5, 0.4, 0.3}));
  EXPECT_EQ(preprocessing["image_size"], 16);
  EXPECT_EQ(preprocessing["crop_pct"], 0.9);
  EXPECT_EQ(loaded.metadata.architecture.backbone["family"], "vit");
  EXPECT_EQ(run_multipole({"inspect", model()}).exit_code, 0);
}

TEST_F(ImportCommand, TheWeightsFileItselfWillDo) {
  write(timm_config(), timm_weights(3), "other.safetensors");
  EXPECT_EQ(run_multipole({"import", (folder_ / "other.safetensors").string(), "--out", model()}).exit_code, 0);
}

TEST_F(ImportCommand, AModelFileOfThisProgramIsWrittenAnewAtHalfTheSize) {
  const std::string own = (folder_ / "own.safetensors").string();
  test::write_random_model(own, {"cat", "dog"});
  const auto result = test::run_multipole({"import", own, "--out", model(), "--bf16"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(parse_json(result.out, "result")["origin"], "multipole");
  const LoadedModel before = load_model(own), after = load_model(model());
  EXPECT_EQ(after.metadata.classes, before.metadata.classes);
  EXPECT_EQ(after.metadata.preprocessing, before.metadata.preprocessing);
  EXPECT_EQ(to_json_config(after.metadata.architecture), to_json_config(before.model->config()));
  const auto weights = named_weights(*after.model);
  for (const auto& [name, tensor] : named_weights(*before.model)) {
    EXPECT_TRUE(weights.at(name).equal(tensor.to(torch::kBFloat16).to(torch::kFloat32))) << name;
  }
  EXPECT_LT(std::filesystem::file_size(model()), 0.7 * static_cast<double>(std::filesystem::file_size(own)));
}

TEST_F(ImportCommand, SaysWhatIsMissing) {
  expect_refused({"config.json", "missing"});
  test::write_text(folder_ / "config.json", timm_config().dump());
  expect_refused({"no model.safetensors"});
  test::write_text(folder_ / "config.json", "{");
  expect_refused({"config.json"});
  test::write_text(folder_ / "config.json", "{}");
  write_safetensors(folder_ / "model.safetensors", {.tensors = timm_weights(3), .metadata = {}});
  expect_refused({"names no model", "architecture", "model_type"});
}

TEST_F(ImportCommand, RefusesWhatItDoesNotKnowWithTheNearest) {
  Json config = timm_config();
  config["architecture"] = "vit_base_patch16_rpn_224";
  write(config, timm_weights(3));
  expect_refused({"unknown architecture 'vit_base_patch16_rpn_224'", "vit_base_patch16_224"});
  write({{"model_type", "dinov5"}}, timm_weights(3));
  expect_refused({"unknown architecture 'dinov5'", "'dinov2'"});
  write({{"model_type", "vit"},
         {"hidden_size", 64},
         {"num_hidden_layers", 1},
         {"num_attention_heads", 2},
         {"intermediate_size", 128},
         {"image_size", 16},
         {"patch_size", 8},
         {"hidden_act", "gelo"}},
        timm_weights(3));
  expect_refused({"hidden_act", "unknown activation 'gelo'", "'gelu'"});
}

TEST_F(ImportCommand, NeverOpensAPickle) {
  test::write_text(folder_ / "config.json", timm_config().dump());
  test::write_text(folder_ / "pytorch_model.bin", "no pickle, and never looked at");
  expect_refused({"pytorch_model.bin", "pickle", "model.safetensors", "save_file"});
  const auto result = run_multipole({"import", (folder_ / "pytorch_model.bin").string(), "--out", model()});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_NE(result.err.find("pickle"), std::string::npos);
}

TEST_F(ImportCommand, ListsEveryWeightThatDoesNotFit) {
  Weights weights = timm_weights(3);
  weights.erase("blocks.0.mlp.fc1.bias");
  weights.erase("norm.bias");
  weights["cls_token"] = torch::randn({1, 1, 63});
  weights["head.bias"] = torch::ones({3}, torch::kInt64);
  weights["teacher.weight"] = torch::ones({2});
  write(timm_config(), weights);
  expect_refused({"missing     blocks.0.mlp.fc1.bias", "missing     norm.bias", "mismatched  cls_token", "[1, 1, 63]",
                  "mismatched  head.bias", "Long", "unexpected  teacher.weight"});
}

TEST_F(ImportCommand, ABiasMayBeLeftOutByAllBlocksAndByNoneAlone) {
  Weights weights = timm_weights(3);
  for (const auto& [name, tensor] : timm_weights(3)) {
    if (name.starts_with("blocks.0.")) weights["blocks.1." + name.substr(9)] = tensor;
  }
  weights.erase("blocks.1.attn.qkv.bias");
  write(timm_config(), weights);
  expect_refused({"missing     blocks.1.attn.qkv.bias"});
  weights.erase("blocks.0.attn.qkv.bias");
  write(timm_config(), weights);
  EXPECT_EQ(run_import().exit_code, 0);
}

TEST_F(ImportCommand, LabelsOfAnotherNumber) {
  Json config = timm_config();
  config["label_names"] = {"cat", "dog"};
  write(config, timm_weights(3));
  expect_refused({"label_names has 2 names for 3 classes"});
}

TEST_F(ImportCommand, PositionsThatAreNoSquare) {
  Weights weights = timm_weights(3);
  weights["pos_embed"] = torch::randn({1, 7, 64});
  write(timm_config(), weights);
  expect_refused({"pos_embed has 7 positions", "no square"});
}

TEST_F(ImportCommand, ShardsAreFoundByTheirIndex) {
  const Weights weights = timm_weights(3);
  Weights first, second;
  Json map = Json::object();
  for (const auto& [name, tensor] : weights) {
    auto& shard = name < "d" ? first : second;
    shard[name] = tensor;
    map[name] = &shard == &first ? "model-1.safetensors" : "model-2.safetensors";
  }
  write(timm_config(), first, "model-1.safetensors");
  test::write_text(folder_ / "model.safetensors.index.json", Json{{"weight_map", map}}.dump());
  expect_refused({"model-2.safetensors", "missing"});
  write(timm_config(), second, "model-2.safetensors");
  EXPECT_EQ(run_import().exit_code, 0);
  map["cls_token"] = "../model-1.safetensors";
  test::write_text(folder_ / "model.safetensors.index.json", Json{{"weight_map", map}}.dump());
  std::filesystem::remove(model());
  expect_refused({"must be a file name"});
}

}  // namespace
}  // namespace multipole
