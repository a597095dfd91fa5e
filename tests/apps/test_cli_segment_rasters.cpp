// One large raster with labels, through the command: looked at, trained on, measured; and what is wrong with others.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/files/model_file.h"
#include "tests/datasets/rasters/raster_fixtures.h"
#include "tests/datasets/segmentation/blob_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

constexpr int64_t kHeight = 300, kWidth = 420;

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class SegmentRasters : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return (root_ / name).string(); }
  std::filesystem::path make(const std::string& name) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    return root_ / name;
  }
  // Four bands, the last of which tells left from right.
  void write_field(const std::string& name) {
    auto numbers = (torch::rand({kHeight, kWidth, 4}, torch::kDouble) * 300 + 1000).round();
    numbers.select(2, 3).slice(1, 0, kWidth / 2).add_(2000);
    test::write_raster(make(name), numbers, {.tile = 64, .place = test::north_up_tags(500000, 4000000, 2, 32633)});
  }
  void write_labels(const std::string& name) const {
    const auto ids = torch::arange(kWidth).ge(kWidth / 2).to(torch::kDouble).expand({kHeight, kWidth}).unsqueeze(2);
    test::write_raster(make(name), ids, {.type = SampleType::kUInt8, .compression = 5});
  }
  void write_polygons(const std::string& name, const std::string& properties = R"({"class":"right"})") const {
    test::write_text(
        make(name),
        R"({"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:32633"}},"features":[
      {"type":"Feature","properties":)" +
            properties + R"(,"geometry":{"type":"Polygon","coordinates":
      [[[500420,4000000],[500840,4000000],[500840,3999400],[500420,3999400],[500420,4000000]]]}}]})");
  }
  test::ProcessResult train(Words words) const {
    const Words start = {"segment",  "train",
                         "--data",   at("fields"),
                         "--out",    at("run"),
                         "--bands",  "4,1",
                         "--set",    "model.backbone.depths=[1,1,1,1]",
                         "--set",    "augmentation.crop_size=[64,64]",
                         "--set",    "train.batch_size=2",
                         "--set",    "model.head.channels=8",
                         "--epochs", "1"};
    words.insert(words.begin(), start.begin(), start.end());
    return run_multipole(words);
  }
  test::TemporaryFolder root_;
};

TEST_F(SegmentRasters, ALabelRasterFromDataToScore) {
  write_field("fields/images/a.tif");
  write_labels("fields/masks/a.tif");
  test::write_text(root_ / "fields/classes.txt", "left\nright\n");
  const auto checked = run_multipole({"data", "check", at("fields"), "--bands", "4,1", "--quiet"});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  EXPECT_TRUE(says(checked.out, "blocks of ground")) << checked.out;
  const auto trained = train({"--set", "data.block=64", "--set", "data.block_gap=4"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  for (const char* words :
       {"of 35 blocks of ground of", "cut by seed 0", "leaves out 4 pixels beside each block of val"}) {
    EXPECT_TRUE(says(trained.err, words)) << words << ": " << trained.err;
  }
  const auto measured = run_multipole({"segment", "eval", "--model", at("run/best.safetensors"), "--data", at("fields"),
                                       "--json", at("eval.json"), "--quiet"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_EQ(read_json_file(root_ / "eval.json")["samples"], 7) << "the blocks of training's own split";
  EXPECT_TRUE(std::filesystem::exists(root_ / "run/report.html"));
}

TEST_F(SegmentRasters, PolygonsFromDataToScore) {
  write_field("fields/images/a.tif");
  write_polygons("fields/masks/a.geojson");
  const auto trained = train({"--set", "data.block=64"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_TRUE(says(trained.err, "pixels in no polygon are 'background'")) << trained.err;
  const ModelMetadata metadata = read_model_metadata(root_ / "run/best.safetensors");
  EXPECT_EQ(metadata.classes, (Words{"background", "right"}));
  const auto measured =
      run_multipole({"segment", "eval", "--model", at("run/best.safetensors"), "--data", at("fields"), "--quiet"});
  EXPECT_EQ(measured.exit_code, 0) << measured.err;

  std::filesystem::remove_all(root_ / "run");
  const auto named = train({"--set", "data.block=64", "--outside", "water"});
  ASSERT_EQ(named.exit_code, 0) << named.err;
  EXPECT_EQ(read_model_metadata(root_ / "run/best.safetensors").classes, (Words{"water", "right"}));
}

TEST_F(SegmentRasters, WhatIsWrongIsOneLine) {
  write_field("fields/images/a.tif");
  const auto said = [&](const Words& words = {}) {
    const auto result = train(words);
    EXPECT_NE(result.exit_code, 0);
    return result.err;
  };
  write_polygons("fields/masks/a.geojson", R"({"kind":"right","area":3})");
  EXPECT_TRUE(says(said(), "no property 'class' that says its class; the properties here are area, kind")) << said();
  EXPECT_EQ(train({"--class-property", "kind", "--set", "data.block=64"}).exit_code, 0);
  write_polygons("fields/masks/a.geojson");
  test::write_text(root_ / "fields/classes.txt", "background\nwrong\n");
  EXPECT_TRUE(says(said({"--force"}), "feature 1 is of 'right', which is no class"));
  std::filesystem::remove(root_ / "fields/classes.txt");
  test::write_text(root_ / "fields/masks/a.geojson", R"({"type":"FeatureCollection","features":[]})");
  EXPECT_TRUE(says(said({"--force"}), "a.geojson: it holds no polygon"));
}

// Thirty JPEGs and masks of black and white, as people keep them, and nothing said.
TEST_F(SegmentRasters, MasksOfBlackAndWhiteUnderTheirUsualNames) {
  struct Habit {
    std::string pictures, masks, ending;
  };
  for (const auto& [pictures, masks, ending] :
       {Habit{"images", "masks", ".png"}, {"img", "label", "_mask.png"}, {"photos", "masks", ".tif"}}) {
    const test::TemporaryFolder root;
    for (int i = 0; i < 30; ++i) {
      const auto [picture, ids] = test::draw_blobs(32);
      const std::string name = "foto_" + std::to_string(10 + i);
      root.write(pictures + "/" + name + ".jpg", test::encode_jpeg(picture));
      std::filesystem::create_directories(root / masks);
      const auto stored = ids.to(torch::kInt) * 255;
      if (ending == ".tif") {
        test::write_raster(root / masks / (name + ending), stored.to(torch::kDouble).unsqueeze(2),
                           {.type = SampleType::kUInt8});
      } else {
        root.write(masks + "/" + name + ending, test::encode_mask(stored));
      }
    }
    const auto trained =
        run_multipole({"segment", "train", "--data", root.path().string(), "--out", (root / "run").string(), "--epochs",
                       "1", "--set", "augmentation.crop_size=[32,32]", "--set", "train.batch_size=8", "--set",
                       "model.backbone.depths=[1,1,1,1]", "--set", "model.head.channels=8"});
    EXPECT_EQ(trained.exit_code, 0) << ending << trained.err;
    EXPECT_TRUE(says(trained.err, "the classes are 'background' and 'foreground'")) << trained.err;
    EXPECT_TRUE(says(trained.err, "255 is taken for 'foreground' (--ignore-index 255")) << trained.err;
  }
}

TEST_F(SegmentRasters, MasksThatWereSavedAsJpegAreRefused) {
  for (int i = 0; i < 3; ++i) {
    const auto [picture, ids] = test::draw_blobs(32);
    const std::string name = "foto_" + std::to_string(i) + ".jpg";
    root_.write("fields/images/" + name, test::encode_jpeg(picture));
    root_.write("fields/masks/" + name, test::encode_jpeg((ids * 255).unsqueeze(2).expand({32, 32, 3}).contiguous()));
  }
  const auto result = run_multipole({"segment", "train", "--data", at("fields"), "--out", at("run")});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(says(result.err, "foto_0.jpg cannot be the mask of foto_0.jpg: a JPEG blurs the values")) << result.err;
  EXPECT_TRUE(says(result.err, "save masks as PNG or TIFF")) << result.err;
}

}  // namespace
}  // namespace multipole
