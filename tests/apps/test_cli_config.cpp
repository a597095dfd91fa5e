// Every way in which a config can be wrong ends with exit code 2, the place and what is known there.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

struct BadConfig {
  std::string text;
  std::string message;
};

TEST(CliConfig, MistakesNameTheirPlace) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(test::draw_small_data((folder / "data").string()).exit_code, 0);
  const BadConfig cases[] = {
      {"", "config.json"},
      {"[]", "expected a JSON object"},
      {"{\"train\": {\"epochs\": 3,}}", "config.json"},
      {"{\"train\": {\"epochs\": 3}, \"train\": {}}", "'train' stands twice"},
      {"{\"train\": {\"clip_grad\": NaN}}", "config.json"},
      {"{\"train\": {\"clip_grad\": 1e999}}", "config.json"},
      {std::string("{\"a\":").append(100000, '[').append(100000, ']').append("}"), "nested deeper"},
      {"{\"train\": {\"epoch\": 3}}", "train.epoch: unknown key, did you mean 'epochs'?"},
      {"{\"train\": {\"epochs\": \"3\"}}", "train.epochs: expected a whole number"},
      {"{\"train\": {\"epochs\": 3.5}}", "train.epochs: expected a whole number"},
      {"{\"train\": {\"epochs\": -3}}", "train.epochs: must be at least 1"},
      {"{\"train\": {\"epochs\": 99999999999999999999}}", "train.epochs"},
      {"{\"train\": {\"optimizer\": {\"type\": \"adamv\"}}}", "train.optimizer"},
      {"{\"model\": {\"head\": {\"type\": \"segformer\"}}}", "model.head.type: 'segformer' is a head for segmentation"},
      {"{\"model\": {\"backbone\": {\"attention\": {\"type\": \"full\", \"cell\": 4}}}}",
       "attention.cell: unknown key"},
      {"\xff", "config.json"},
  };
  for (const auto& bad : cases) {
    test::write_text(folder / "config.json", bad.text);
    const auto result = test::run_multipole({"classify", "train", "--data", (folder / "data").string(), "--out",
                                             (folder / "run").string(), "--config", (folder / "config.json").string()});
    EXPECT_EQ(result.exit_code, 2) << bad.text.substr(0, 100) << "\n" << result.err;
    EXPECT_NE(result.err.find(bad.message), std::string::npos) << bad.text.substr(0, 100) << "\n" << result.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

struct TooLarge {
  std::vector<std::string> command;
  std::string setting;
  std::string part;  // of the model, which the message names
};

TEST(CliConfig, ModelsThatCostTooMuchAreRefusedBeforeTheyAreBuilt) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(test::draw_small_data((folder / "pictures").string()).exit_code, 0);
  ASSERT_EQ(test::run_multipole({"data", "synth", "--kind", "segment", "--out", (folder / "masks").string(),
                                 "--classes", "2", "--train", "2", "--val", "2", "--size", "32"})
                .exit_code,
            0);
  test::write_text(folder / "text", std::string(4000, 'a'));
  const std::vector<std::string> classify = {"classify", "train", "--data", (folder / "pictures").string()};
  const std::vector<std::string> segment = {"segment", "train", "--data", (folder / "masks").string()};
  const std::vector<std::string> sequence = {"sequence", "train", "--text", (folder / "text").string()};
  const std::string wide = "\"embed_dims\":[4,4,4,4],\"num_heads\":[1,1,1,1]";
  const TooLarge cases[] = {
      {classify, "model.backbone.depths=[65536,2,2,1]", "stage 0"},
      {classify, "model.backbone={\"depths\":[1,1,65536,1]," + wide + "}", "stage 2"},
      {classify, "model.backbone={\"embed_dims\":[64,64,64,65536],\"num_heads\":[1,1,1,1]}", "stage 3"},
      {classify, "model.backbone={\"in_channels\":65536,\"embed_dims\":[8192,8,8,8],\"num_heads\":[1,1,1,1]}", "stem"},
      {classify, "model.backbone={\"image_size\":65536,\"stem_stride\":1,\"attention\":{\"type\":\"global_filter\"}}",
       "stage 0"},
      {classify,
       "model.backbone.attention={\"type\":\"multipole2d\",\"basis\":\"direct\",\"cell\":64,\"max_levels\":16}",
       "stage"},
      {segment, "model.head={\"type\":\"upernet\",\"channels\":8192}", "head"},
      {sequence, "model.depth=65536", "blocks"},
      {sequence, "model={\"context\":65536,\"embed_dim\":65536}", "blocks"},
  };
  for (const auto& large : cases) {
    auto words = large.command;
    words.insert(words.end(), {"--out", (folder / "run").string(), "--set", large.setting});
    const auto result = test::run_multipole(words);
    EXPECT_EQ(result.exit_code, 2) << large.setting << "\n" << result.err;
    EXPECT_NE(result.err.find("GiB"), std::string::npos) << large.setting << "\n" << result.err;
    EXPECT_NE(result.err.find(large.part), std::string::npos) << large.setting << "\n" << result.err;
    EXPECT_FALSE(std::filesystem::exists(folder / "run" / "config.json")) << large.setting;
  }
}

TEST(CliConfig, AHeadServesItsTaskOnly) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(test::run_multipole({"data", "synth", "--kind", "segment", "--out", (folder / "masks").string(),
                                 "--classes", "2", "--train", "2", "--val", "2", "--size", "32"})
                .exit_code,
            0);
  const auto result = test::run_multipole({"segment", "train", "--data", (folder / "masks").string(), "--out",
                                           (folder / "run").string(), "--set", "model.head.type=classification"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_NE(result.err.find("'classification' is a head for classification"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("segformer, semantic_fpn, upernet"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace multipole
