// Swin transformers by `multipole import`.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/files/model_file.h"
#include "tests/apps/import_command.h"
#include "tests/support/process.h"

namespace multipole {
namespace {

using test::run_multipole;
using test::timm_config;
using test::Weights;

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

class ImportSwin : public test::ImportFolder {};

TEST_F(ImportSwin, SwinIsAPyramidOfWindows) {
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

TEST_F(ImportSwin, OtherSwinsAreRefusedByName) {
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

TEST_F(ImportSwin, ListsEveryWeightOfASwinThatDoesNotFit) {
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

}  // namespace
}  // namespace multipole
