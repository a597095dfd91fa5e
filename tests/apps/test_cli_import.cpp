#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"
#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

using Weights = std::map<std::string, torch::Tensor>;

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

Json timm_config() {
  return {{"architecture", "vit_tiny_patch8_16"},
          {"num_classes", 3},
          {"global_pool", "token"},
          {"label_names", {"cat", "dog", "owl"}},
          {"pretrained_cfg",
           {{"input_size", {3, 16, 16}},
            {"interpolation", "bicubic"},
            {"crop_pct", 0.9},
            {"mean", {0.5, 0.4, 0.3}},
            {"std", {0.2, 0.3, 0.4}}}}};
}

// A Swin of one block a stage as timm names its weights, windows of 2 x 2 tokens at 32 pixels.
Weights timm_swin_weights(int64_t classes) {
  Weights weights = {{"patch_embed.proj.weight", torch::randn({8, 3, 4, 4})}};
  const auto add = [&](const std::string& name, int64_t inputs, int64_t outputs) {
    weights[name + ".weight"] = inputs > 0 ? torch::randn({outputs, inputs}) : torch::ones({outputs});
    weights[name + ".bias"] = torch::randn({outputs});
  };
  weights["patch_embed.proj.bias"] = torch::randn({8});
  add("patch_embed.norm", 0, 8);
  for (int64_t stage = 0; stage < 4; ++stage) {
    const int64_t width = int64_t{8} << stage;
    const std::string name = "layers." + std::to_string(stage), block = name + ".blocks.0";
    if (stage > 0) {
      add(name + ".downsample.norm", 0, 2 * width);
      weights[name + ".downsample.reduction.weight"] = torch::randn({width, 2 * width});
    }
    add(block + ".norm1", 0, width);
    add(block + ".attn.qkv", width, 3 * width);
    weights[block + ".attn.relative_position_bias_table"] = torch::randn({9, 2});
    weights[block + ".attn.relative_position_index"] = torch::zeros({4, 4}, torch::kInt64);
    weights[block + ".attn_mask"] = torch::zeros({16, 4, 4});
    add(block + ".attn.proj", width, width);
    add(block + ".norm2", 0, width);
    add(block + ".mlp.fc1", width, 2 * width);
    add(block + ".mlp.fc2", 2 * width, width);
  }
  add("norm", 0, 64);
  add("head.fc", 64, classes);
  return weights;
}

Json timm_swin_config() {
  Json config = timm_config();
  config["architecture"] = "swin_tiny_patch4_window2_32";
  config["global_pool"] = "avg";
  config["pretrained_cfg"]["input_size"] = {3, 32, 32};
  return config;
}

// What transformers' SwinConfig says beside what a test changes.
Json transformers_swin_config(const Json& change) {
  Json config = {{"model_type", "swin"},      {"embed_dim", 8},   {"depths", {1, 1, 1, 1}},
                 {"num_heads", {2, 2, 2, 2}}, {"window_size", 2}, {"image_size", 32},
                 {"patch_size", 4},           {"mlp_ratio", 2.0}, {"layer_norm_eps", 1e-05},
                 {"hidden_act", "gelu"}};
  config.update(change);
  return config;
}

class ImportCommand : public testing::Test {
 protected:
  void write(const Json& config, const Weights& weights, const std::string& file = "model.safetensors") {
    test::write_text(folder_ / "config.json", config.dump());
    write_safetensors(folder_ / file, {.tensors = weights, .metadata = {{"format", "pt"}}});
  }

  test::ProcessResult run_import() { return run_multipole({"import", folder_.path().string(), "--out", model()}); }

  // Exit code 5, these words, and no file.
  void expect_refused(const std::vector<std::string>& words) {
    const auto result = run_import();
    EXPECT_EQ(result.exit_code, 5) << result.err;
    for (const auto& word : words) EXPECT_NE(result.err.find(word), std::string::npos) << word << "\n" << result.err;
    EXPECT_FALSE(std::filesystem::exists(model()));
  }

  std::string model() const { return (folder_ / "imported.safetensors").string(); }

  const test::TemporaryFolder folder_;
};

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

TEST_F(ImportCommand, SwinIsAPyramidOfWindows) {
  write(timm_swin_config(), timm_swin_weights(3));
  const auto result = run_import();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto loaded = load_model(model(), "classification");
  const Json& backbone = loaded.metadata.architecture.backbone;
  EXPECT_EQ(backbone["embedding"], "patches");
  EXPECT_EQ(backbone["attention"]["window"], 2);
  EXPECT_EQ(backbone["attention"]["padding"], "after_shift");
  EXPECT_EQ(backbone["stage_attention"][2]["shift"], false) << "its grid is one window at 32 pixels";
  EXPECT_EQ(backbone["stage_attention"][1]["shift"], true);
  EXPECT_EQ(run_multipole({"inspect", model()}).exit_code, 0);
}

TEST_F(ImportCommand, OtherSwinsAreRefusedByName) {
  Json config = timm_swin_config();
  config["architecture"] = "swinv2_tiny_window8_256";
  write(config, timm_swin_weights(3));
  expect_refused({"unknown architecture 'swinv2_tiny_window8_256'", "known: swin_tiny_patch4_window7_224"});
  config["architecture"] = "swin_tiny_patch4_window7_cr_224";
  write(config, timm_swin_weights(3));
  expect_refused({"unknown architecture 'swin_tiny_patch4_window7_cr_224'", "'swin_tiny_patch4_window7_224'"});
  config = timm_swin_config();
  config["global_pool"] = "max";
  write(config, timm_swin_weights(3));
  expect_refused({"global_pool 'max'", "avg"});
  config = timm_swin_config();
  config["model_args"] = {{"img_size", {32, 48}}};
  write(config, timm_swin_weights(3));
  expect_refused({"expected a square, got [32,48]"});
  write({{"model_type", "swinv2"}}, timm_swin_weights(3));
  expect_refused({"unknown architecture 'swinv2'", "'swin'"});
  for (const auto& [change, word] : std::vector<std::pair<Json, std::string>>{
           {{{"use_absolute_embeddings", true}}, "use_absolute_embeddings"},
           {{{"hidden_act", "relu"}}, "hidden_act 'relu': only gelu"},
           {{{"layer_norm_eps", 1e-6}}, "layer_norm_eps 1e-06: only 1e-05"},
           {{{"depths", {1, 1}}}, "depths: expected 4 numbers, one a stage, got [1,1]"},
           {{{"patch_size", 8}}, "stem_stride: must be 1, 2 or 4"}}) {
    write(transformers_swin_config(change), timm_swin_weights(3));
    expect_refused({word});
  }
}

TEST_F(ImportCommand, ListsEveryWeightOfASwinThatDoesNotFit) {
  Weights weights = timm_swin_weights(3);
  weights.erase("layers.1.blocks.0.mlp.fc2.bias");
  weights["layers.2.downsample.reduction.weight"] = torch::randn({32, 63});
  weights["layers.0.teacher.weight"] = torch::ones({2});
  write(timm_swin_config(), weights);
  expect_refused({"missing     layers.1.blocks.0.mlp.fc2.bias", "mismatched  layers.2.downsample.reduction.weight",
                  "[32, 63]", "unexpected  layers.0.teacher.weight"});
  weights = timm_swin_weights(3);
  weights["layers.2.blocks.0.attn.relative_position_bias_table"] = torch::randn({15, 2});
  write(timm_swin_config(), weights);
  expect_refused({"has 15 rows", "square window"});
  write(transformers_swin_config(Json::object()), weights);
  expect_refused({"missing     encoder.layers.0.blocks.0.attention.self.query.weight"});
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
