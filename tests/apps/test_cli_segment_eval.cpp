// `segment eval` reads masks as they were read in training, and its scores say what they are of.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/model_file.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

class SegmentEval : public ::testing::Test {
 protected:
  SegmentEval() { root_.write("data/classes.txt", test::to_bytes("a\nb\n")); }

  std::string name(const std::string& file) const { return (root_ / file).string(); }
  // Pictures of 12 x 12 in `split`, with these masks.
  void write(const std::string& split, const std::vector<test::Bytes>& masks) {
    for (size_t i = 0; i < masks.size(); ++i) {
      const std::string file = split + "/" + std::to_string(i) + ".png";
      root_.write("data/images/" + file, encode_png(torch::randint(256, {12, 12, 3}, torch::kUInt8)));
      root_.write("data/annotations/" + file, masks[i]);
    }
  }
  void train(const Words& settings) {
    Words words = {"segment",  "train",
                   "--data",   name("data"),
                   "--out",    name("run"),
                   "--set",    "model.backbone.depths=[1,1,1,1]",
                   "--set",    "augmentation.crop_size=[16,16]",
                   "--set",    "train.batch_size=2",
                   "--set",    "model.head.channels=8",
                   "--epochs", "1"};
    for (const auto& setting : settings) words.insert(words.end(), {"--set", setting});
    const auto result = run_multipole(words);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  test::ProcessResult eval(Words words, const std::string& model = "run/best.safetensors") const {
    words.insert(words.begin(), {"segment", "eval", "--model", name(model), "--data", name("data"), "--quiet"});
    return run_multipole(words);
  }
  std::vector<int64_t> pixels(Words words, const std::string& model = "run/best.safetensors") const {
    words.insert(words.end(), {"--json", "-"});
    const auto result = eval(words, model);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<int64_t> counts;
    if (result.exit_code != 0) return counts;
    const Json json = parse_json(result.out, "eval");
    for (const auto& row : json["per_class"]) counts.push_back(row["pixels"].get<int64_t>());
    return counts;
  }

  test::TemporaryFolder root_;
};

torch::Tensor halves(int64_t first, int64_t second) {
  return torch::cat({torch::full({12, 6}, first, torch::kInt), torch::full({12, 6}, second, torch::kInt)}, 1);
}

TEST_F(SegmentEval, RemembersZeroForUnlabelled) {
  write("train", {test::encode_mask(halves(1, 2)), test::encode_mask(halves(2, 0))});
  write("val", {test::encode_mask(halves(1, 2)), test::encode_mask(halves(0, 1))});
  train({"data.reduce_zero_label=true"});
  EXPECT_EQ(pixels({}), (std::vector<int64_t>{2 * 72, 72}));
  EXPECT_EQ(eval({"--no-reduce-zero-label"}).exit_code, 3);  // 2 is no class then
}

TEST_F(SegmentEval, RemembersColoursEvenWithoutTheirFile) {
  test::write_text(root_ / "colors.txt", "0 0 0\ta\n200 100 0\tb\n9 9 9\tignore\n");
  auto colors = torch::zeros({12, 12, 3}, torch::kUInt8);
  colors.narrow(1, 6, 6).copy_(torch::tensor({200, 100, 0}, torch::kUInt8).expand({12, 6, 3}));
  colors.select(0, 0).fill_(9);
  for (const std::string split : {"train", "val"}) write(split, {encode_png(colors), encode_png(colors)});
  train({"data.color_map=" + name("colors.txt")});
  std::filesystem::remove(root_ / "colors.txt");
  EXPECT_EQ(pixels({}), (std::vector<int64_t>{2 * 66, 2 * 66}));
}

TEST_F(SegmentEval, RemembersWhat255StandsFor) {
  write("train", {test::encode_mask(halves(0, 255)), test::encode_mask(halves(255, 0))});
  write("val", {test::encode_mask(halves(0, 255)), test::encode_mask(halves(0, 0))});
  // by themselves these could not say: a single value
  write("test", {test::encode_mask(halves(255, 255)), test::encode_mask(halves(255, 255))});
  train({});
  EXPECT_EQ(pixels({}), (std::vector<int64_t>{3 * 72, 72}));
  EXPECT_EQ(pixels({"--split", "test"}), (std::vector<int64_t>{0, 4 * 72}));
  EXPECT_EQ(pixels({"--ignore-index", "255"}), (std::vector<int64_t>{3 * 72, 0}));
}

// Files of older versions hold the training's settings only.
TEST_F(SegmentEval, OldFilesAreReadByTheirTrainingsSettings) {
  test::write_random_segmenter(root_ / "old.safetensors", {"a", "b"});
  const auto loaded = load_model(root_ / "old.safetensors");
  ModelMetadata metadata = loaded.metadata;
  metadata.training["data"] = {{"reduce_zero_label", true}, {"ignored_values", {9}}};
  save_model(root_ / "old.safetensors", *loaded.model, metadata);
  write("val", {test::encode_mask(halves(1, 2)), test::encode_mask(halves(0, 9))});
  EXPECT_EQ(pixels({}, "old.safetensors"), (std::vector<int64_t>{72, 72}));
}

TEST_F(SegmentEval, OneClassAloneHasNoMeanOverClasses) {
  test::write_random_segmenter(root_ / "m.safetensors", {"a", "b"});
  write("val", {test::encode_mask(halves(1, 1)), test::encode_mask(halves(1, 255))});
  const auto result = eval({"--boundary", "--json", name("r.json")}, "m.safetensors");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = read_json_file(name("r.json"));
  for (const std::string mean : {"miou", "mean_dice", "mean_accuracy", "boundary_f"}) {
    EXPECT_TRUE(json[mean].is_null()) << mean;
  }
  EXPECT_TRUE(json["pixel_accuracy"].is_number());
  EXPECT_NE(result.out.find("no pixel of 'a'"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("mIoU            n/a\n"), std::string::npos) << result.out;
}

}  // namespace
}  // namespace multipole
