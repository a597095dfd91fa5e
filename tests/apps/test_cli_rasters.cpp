// Rasters of four bands of 16 bits through the command: looked at, trained on, measured, predicted, refused.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/geo_tiff.h"
#include "datasets/rasters/raster.h"
#include "engine/files/model_file.h"
#include "tests/datasets/rasters/raster_fixtures.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

constexpr double kNone = 7;
const test::RasterKind kField{.type = SampleType::kUInt16, .tile = 16, .nodata = "7"};

class Rasters : public ::testing::Test {
 protected:
  // Two classes that band 4 tells apart, and a strip without data.
  void write_field(const std::string& name, int64_t bands = 4) {
    auto numbers = (torch::rand({40, 44, bands}, torch::kDouble) * 300 + 1000).round();
    numbers.select(2, bands - 1).slice(1, 0, 20).add_(2000);
    numbers.slice(0, 0, 5).fill_(kNone);
    std::filesystem::create_directories((root_ / name).parent_path());
    test::write_raster(root_ / name, numbers, kField);
  }
  void write_data() {
    root_.write("data/classes.txt", {'a', '\n', 'b', '\n'});
    const auto ids = torch::arange(44).ge(20).to(torch::kLong).expand({40, 44});
    for (int i = 0; i < 6; ++i) {
      const std::string name = (i < 4 ? "train/" : "val/") + std::to_string(i);
      write_field("data/images/" + name + ".tif");
      root_.write("data/annotations/" + name + ".png", test::encode_mask(ids));
    }
  }
  std::string at(const std::string& name) const { return (root_ / name).string(); }

  test::ProcessResult train(std::vector<std::string> words, const std::string& out = "run") {
    const std::vector<std::string> start = {"segment",  "train",
                                            "--data",   at("data"),
                                            "--out",    at(out),
                                            "--set",    "model.backbone.depths=[1,1,1,1]",
                                            "--set",    "augmentation.crop_size=[32,32]",
                                            "--set",    "train.batch_size=2",
                                            "--set",    "model.head.channels=8",
                                            "--epochs", "1"};
    words.insert(words.begin(), start.begin(), start.end());
    return run_multipole(words);
  }
  test::ProcessResult predict(std::vector<std::string> words) {
    words.insert(words.begin(), {"segment", "predict", "--model", at("run/best.safetensors"), "--out", at("maps")});
    return run_multipole(words);
  }

  test::TemporaryFolder root_;
};

TEST_F(Rasters, FourBandsOfSixteenBitsFromDataToMap) {
  write_data();
  const auto checked = run_multipole({"data", "check", at("data"), "--bands", "4,3,2"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_NE(checked.out.find("bands 4, 3 and 2 of 4 (uint16), 12.50% of the pixels without data"), std::string::npos)
      << checked.out;
  EXPECT_NE(checked.out.find("since the pictures hold no data there"), std::string::npos) << checked.out;

  const auto trained = train({"--bands", "4,1,2,3"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  for (const char* words : {"bands 4, 1, 2 and 3 of 4 (uint16)", "augmentation of colours"}) {
    EXPECT_NE(trained.err.find(words), std::string::npos) << trained.err;
  }
  const ModelMetadata metadata = read_model_metadata(root_ / "run/best.safetensors");
  EXPECT_EQ(metadata.architecture.backbone["in_channels"], 4);
  const Json& bands = metadata.preprocessing["bands"];
  EXPECT_EQ(bands["chosen"], Json({4, 1, 2, 3}));
  EXPECT_EQ(bands["count"], 4);
  EXPECT_EQ(bands["type"], "uint16");
  EXPECT_GT(bands["high"][0].get<double>(), 3000) << "band 4 comes first";
  EXPECT_LT(bands["high"][1].get<double>(), 1400);
  EXPECT_TRUE(std::filesystem::exists(root_ / "run/report.html"));

  const auto measured = run_multipole({"segment", "eval", "--model", at("run/best.safetensors"), "--data", at("data")});
  EXPECT_EQ(measured.exit_code, 0) << measured.err;

  write_field("other.tif", 2);
  const auto predicted = predict({"--overlay", at("data/images/val/4.tif"), at("other.tif")});
  EXPECT_EQ(predicted.exit_code, 3);
  EXPECT_TRUE(std::filesystem::exists(root_ / "maps/4.png"));
  EXPECT_TRUE(std::filesystem::exists(root_ / "maps/4.overlay.jpg"));
  for (const char* words : {"other.tif: it has 2 bands of uint16", "bands 4, 1, 2 and 3 of 4", "--bands"}) {
    EXPECT_NE(predicted.err.find(words), std::string::npos) << predicted.err;
  }
  EXPECT_EQ(predict({"--bands", "1,1,2,2", at("other.tif")}).exit_code, 0);
  EXPECT_EQ(predict({"--bands", "1,2", at("other.tif")}).exit_code, 2);

  // and on from there, with other bands: the stem's weights are adapted
  const auto again = train({"--bands", "1,4", "--init", at("run/best.safetensors")}, "run2");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("the mean of 4 channels for each of 2, times 4 / 2"), std::string::npos) << again.err;
}

TEST_F(Rasters, ClassifiersTakeBandsToo) {
  for (int i = 0; i < 8; ++i) {
    write_field(std::string("photos/train/") + (i % 2 == 0 ? "a/" : "b/") + std::to_string(i) + ".tif", 5);
    write_field(std::string("photos/val/") + (i % 2 == 0 ? "a/" : "b/") + std::to_string(i) + ".tif", 5);
  }
  const auto trained =
      run_multipole({"classify", "train", "--data", at("photos"), "--out", at("run"), "--bands", "5,2", "--epochs", "1",
                     "--set", "model.backbone.depths=[1,1,1,1]", "--set", "train.batch_size=4"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto named = run_multipole({"classify", "predict", "--model", at("run/best.safetensors"), at("photos/val")});
  EXPECT_EQ(named.exit_code, 0) << named.err;
}

TEST_F(Rasters, DataOfMixedBandsAndBandsThatAreNotThereAreRefused) {
  write_data();
  const auto beyond = train({"--bands", "1,9"});
  EXPECT_NE(beyond.exit_code, 0);
  EXPECT_NE(beyond.err.find("it has 4 bands, and band 9 is to be read"), std::string::npos) << beyond.err;
  EXPECT_EQ(train({"--bands", "1,x"}).exit_code, 2);
  write_field("data/images/train/1.tif", 3);
  const auto mixed = train({"--bands", "1,2"});
  EXPECT_EQ(mixed.exit_code, 2);
  EXPECT_NE(mixed.err.find("1.tif has 3 bands of uint16"), std::string::npos) << mixed.err;
}

}  // namespace
}  // namespace multipole
