// --attention in every command that reads a model: another attention in the place of a vision transformer's own.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vit_file.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

constexpr const char* kSmallCells = R"({"type": "multipole2d", "cell": 2, "hot": 3})";

// A vit of 12 x 12 tokens at its own size: no far level with cells of 8, one with cells of 4 and two with cells of 2.
class AttentionOption : public testing::Test {
 protected:
  AttentionOption() {
    test::write_random_vit(folder_ / "vit.safetensors", {"cat", "dog"});
    for (int i = 0; i < 4; ++i) {
      const auto patches = torch::randint(0, 256, {4, 4, 3}, torch::kUInt8);
      const auto picture = encode_png(patches.repeat_interleave(16, 0).repeat_interleave(16, 1).contiguous());
      folder_.write((i % 2 == 0 ? "photos/cat/" : "photos/dog/") + std::to_string(i) + ".png", picture);
    }
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  test::ProcessResult run(Words words, const std::string& attention = "") const {
    if (!attention.empty()) words.insert(words.end(), {"--attention", attention});
    return run_multipole(words);
  }

  torch::Tensor embed(const std::string& model, const std::string& attention = "", int64_t size = 48) const {
    const auto result = run({"embed", path(model), path("photos"), "--out", path("out.safetensors"), "--precision",
                             "float32", "--quiet", "--size", std::to_string(size)},
                            attention);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto file = read_safetensors(folder_ / "out.safetensors");
    return file.tensors.begin()->second.clone();
  }

  std::vector<double> probabilities(const std::string& attention) const {
    const auto result = run({"classify", "predict", "--model", path("vit.safetensors"), "--format", "json",
                             "--precision", "float32", path("photos/cat/0.png")},
                            attention);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<double> all;
    if (result.exit_code != 0) return all;
    const Json answers = parse_json(result.out, "answers");
    for (const auto& answer : answers["predictions"]) all.push_back(answer["probability"]);
    return all;
  }

  // Exit code 2 and these words.
  void expect_refused(const Words& words, const std::string& attention, const Words& expected) const {
    const auto result = run(words, attention);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    for (const auto& word : expected) EXPECT_NE(result.err.find(word), std::string::npos) << word << "\n" << result.err;
  }

  const test::TemporaryFolder folder_;
};

TEST_F(AttentionOption, EmbedIsExactWhereNothingIsFarAndNearlySoElsewhere) {
  const auto own = embed("vit.safetensors");
  EXPECT_TRUE(torch::allclose(embed("vit.safetensors", "multipole2d"), own, 1e-4, 1e-5));
  EXPECT_TRUE(embed("vit.safetensors", "full").equal(own));
  const auto large = embed("vit.safetensors", "", 112), swapped = embed("vit.safetensors", "multipole2d", 112);
  EXPECT_FALSE(torch::allclose(swapped, large, 1e-4, 1e-5)) << "28 x 28 tokens have a far level";
  EXPECT_TRUE(torch::allclose(embed("vit.safetensors", "auto", 112), large, 1e-4, 1e-5)) << "full is as fast there";
  EXPECT_FALSE(torch::allclose(embed("vit.safetensors", kSmallCells), own, 1e-4, 1e-5));
}

TEST_F(AttentionOption, ClassifyPredict) {
  const auto own = probabilities("");
  ASSERT_EQ(own.size(), 2u);
  EXPECT_NEAR(probabilities("multipole2d")[0], own[0], 1e-4);
  EXPECT_EQ(probabilities("full"), own);
  EXPECT_NE(probabilities(kSmallCells), own);
}

TEST_F(AttentionOption, ClassifyEval) {
  const auto result =
      run({"classify", "eval", "--model", path("vit.safetensors"), "--data", path("photos"), "--json", "-", "--quiet"},
          "multipole2d");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  expect_refused({"classify", "eval", "--model", path("vit.safetensors"), "--data", path("photos"), "--quiet"}, "windw",
                 {"--attention", "did you mean 'window'?"});
}

TEST_F(AttentionOption, ImportStoresIt) {
  test::write_text(folder_ / "config.json", R"({"architecture": "vit_tiny_patch4_48", "num_classes": 0,
      "global_pool": "token", "model_args": {"img_size": 48, "patch_size": 4, "num_heads": 2},
      "pretrained_cfg": {"input_size": [3, 48, 48], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}})");
  constexpr int64_t kWidth = 32;
  std::map<std::string, torch::Tensor> weights = {{"cls_token", torch::randn({1, 1, kWidth})},
                                                  {"pos_embed", torch::randn({1, 145, kWidth})},
                                                  {"patch_embed.proj.weight", torch::randn({kWidth, 3, 4, 4})},
                                                  {"patch_embed.proj.bias", torch::randn({kWidth})}};
  const auto add = [&](const std::string& name, int64_t inputs, int64_t outputs) {
    weights[name + ".weight"] = inputs > 0 ? torch::randn({outputs, inputs}) * 0.3 : torch::ones({outputs});
    weights[name + ".bias"] = torch::randn({outputs});
  };
  for (const std::string block : {"blocks.0.", "blocks.1."}) {
    add(block + "norm1", 0, kWidth);
    add(block + "attn.qkv", kWidth, 3 * kWidth);
    add(block + "attn.proj", kWidth, kWidth);
    add(block + "norm2", 0, kWidth);
    add(block + "mlp.fc1", kWidth, 4 * kWidth);
    add(block + "mlp.fc2", 4 * kWidth, kWidth);
  }
  add("norm", 0, kWidth);
  write_safetensors(folder_ / "model.safetensors", {.tensors = weights, .metadata = {{"format", "pt"}}});
  ASSERT_EQ(run({"import", folder_.path().string(), "--out", path("plain.safetensors")}).exit_code, 0);
  const auto swapped = run({"import", folder_.path().string(), "--out", path("swapped.safetensors")}, kSmallCells);
  ASSERT_EQ(swapped.exit_code, 0) << swapped.err;
  const Json stored = read_model_metadata(folder_ / "swapped.safetensors").architecture.backbone["attention"];
  EXPECT_EQ(stored["type"], "multipole2d");
  EXPECT_EQ(stored["summaries"], "cluster");
  EXPECT_EQ(stored["hot"], 3);
  const auto stored_vectors = embed("swapped.safetensors");
  EXPECT_TRUE(stored_vectors.equal(embed("plain.safetensors", kSmallCells)));
  EXPECT_FALSE(torch::allclose(stored_vectors, embed("plain.safetensors"), 1e-4, 1e-5));
  EXPECT_TRUE(embed("swapped.safetensors", "full").equal(embed("plain.safetensors")));
  EXPECT_EQ(run({"inspect", path("swapped.safetensors")}).exit_code, 0);
}

TEST_F(AttentionOption, ByBlock) {
  const auto one = embed("vit.safetensors", R"({"type": "multipole2d", "cell": 2, "hot": 3, "blocks": [0]})");
  const auto list = embed("vit.safetensors", R"([{"type": "multipole2d", "cell": 2, "hot": 3}, null])");
  EXPECT_TRUE(one.equal(list));
  EXPECT_FALSE(torch::allclose(one, embed("vit.safetensors"), 1e-4, 1e-5));
  EXPECT_FALSE(torch::allclose(one, embed("vit.safetensors", kSmallCells), 1e-4, 1e-5));
}

TEST_F(AttentionOption, SegmentPredictAndEval) {
  test::write_random_vit(folder_ / "segmenter.safetensors", {"sky", "road"}, "segmentation");
  folder_.write("data/classes.txt", test::to_bytes("sky\nroad\n"));
  for (int i = 0; i < 2; ++i) {
    const std::string name = "val/" + std::to_string(i) + ".png";
    folder_.write("data/images/" + name, encode_png(torch::randint(256, {24, 20, 3}, torch::kUInt8)));
    folder_.write("data/annotations/" + name, test::encode_mask(torch::randint(2, {24, 20}, torch::kInt)));
  }
  const Words eval = {"segment", "eval",       "--model", path("segmenter.safetensors"),
                      "--data",  path("data"), "--json",  "-"};
  const auto own = run(eval), swapped = run(eval, "multipole2d");
  ASSERT_EQ(swapped.exit_code, 0) << swapped.err;
  EXPECT_EQ(own.out, swapped.out) << "no far level";
  const auto predicted = run({"segment", "predict", "--model", path("segmenter.safetensors"), "--out", path("maps"),
                              "--quiet", path("data/images")},
                             kSmallCells);
  EXPECT_EQ(predicted.exit_code, 0) << predicted.err;
}

TEST_F(AttentionOption, TrainStartsFromTheSwappedModelAndStoresIt) {
  Words words = {"classify",  "train",    "--data", path("photos"), "--out",
                 path("run"), "--epochs", "1",      "--set",        "data.val_fraction=0.5",
                 "--threads", "1",        "--quiet"};
  expect_refused(words, "multipole2d", {"--attention", "--init", "model.backbone.attention.type"});
  words.insert(words.end(), {"--init", path("vit.safetensors")});
  const auto result = run(words, kSmallCells);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto stored = read_model_metadata(folder_ / "run/best.safetensors").architecture.backbone;
  EXPECT_EQ(stored["family"], "vit");
  EXPECT_EQ(stored["attention"]["type"], "multipole2d");
  EXPECT_EQ(stored["attention"]["cell"], 2);
}

TEST_F(AttentionOption, OtherFamiliesAreRefusedByNameAndSayWhatToDo) {
  test::write_random_model(folder_ / "pyramid.safetensors", {"cat", "dog"});
  const Words model = {"--model", path("pyramid.safetensors")};
  const Words expected = {"'pyramid'", "vit", "model.backbone.attention"};
  Words predict = {"classify", "predict", path("photos")}, eval = {"classify", "eval", "--data", path("photos")};
  predict.insert(predict.end(), model.begin(), model.end());
  eval.insert(eval.end(), model.begin(), model.end());
  expect_refused(predict, "multipole2d", expected);
  expect_refused(eval, "auto", expected);
  expect_refused({"embed", path("pyramid.safetensors"), path("photos"), "--out", path("x.npy")}, "full", expected);
}

TEST_F(AttentionOption, InspectKeepsItsOwn) {
  const auto help = run_multipole({"inspect", "--help"});
  EXPECT_NE(help.out.find("HxW"), std::string::npos);
  EXPECT_EQ(run_multipole({"inspect", "--attention", "8x8", "--cell", "2", "--out", path("a.svg")}).exit_code, 0);
}

}  // namespace
}  // namespace multipole
