// data check and pack on pictures with masks.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

class DataMasks : public ::testing::Test {
 protected:
  DataMasks() {
    for (int i = 0; i < 6; ++i) {
      const std::string name = (i < 4 ? "train/" : "val/") + std::to_string(i) + ".png";
      const auto ids = torch::randint(0, 2, {20, 24}, torch::kInt);
      folder_.write("data/images/" + name, encode_png(torch::randint(0, 256, {20, 24, 3}, torch::kUInt8)));
      folder_.write("data/annotations/" + name, test::encode_mask(ids));
    }
    test::write_text(folder_ / "data/classes.txt", "sky\t1 2 3\nroad\t4 5 6\n");
  }

  std::string name(const std::string& file) const { return (folder_ / file).string(); }
  Json check(const std::string& data) const {
    return parse_json(run_multipole({"data", "check", name(data), "--json", "-", "--quiet"}).out, "check");
  }

  test::TemporaryFolder folder_;
};

TEST_F(DataMasks, CheckCountsPixelsAndNamesBadMasks) {
  const auto good = run_multipole({"data", "check", name("data"), "--json", name("r.json")});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_NE(good.out.find("4 pictures with masks, 4 of 24 x 20; 0.00% of the pixels ignored"), std::string::npos)
      << good.out;
  const Json json = read_json_file(name("r.json"));
  EXPECT_EQ(json["task"], "segmentation");
  EXPECT_EQ(json["classes"], Json({"sky", "road"}));
  const Json& train = json["splits"][0];
  EXPECT_EQ(train["split"], "train");
  EXPECT_EQ(train["sizes"], Json::parse(R"([{"height":20,"width":24,"count":4}])"));
  EXPECT_EQ(train["classes"][0]["pixels"].get<int>() + train["classes"][1]["pixels"].get<int>(), 4 * 20 * 24);

  folder_.write("data/annotations/val/5.png", test::encode_mask(torch::full({20, 24}, 11)));
  const auto bad = run_multipole({"data", "check", name("data")});
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_NE(bad.out.find("5.png: the value 11 at row 0, column 0"), std::string::npos) << bad.out;
  EXPECT_NE(bad.out.find("unreadable: 1"), std::string::npos) << bad.out;
  EXPECT_EQ(check("data")["splits"][1]["bad"].size(), 1u);
  EXPECT_EQ(run_multipole({"data", "check", name("data"), "--ignored-values", "11"}).exit_code, 0);
  std::filesystem::remove(folder_ / "data/annotations/train/0.png");
  const auto missing = run_multipole({"data", "check", name("data"), "--ignored-values", "11"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_NE(missing.out.find("problems: 1"), std::string::npos) << missing.out;
}

TEST_F(DataMasks, PackedDataIsMeasuredAndCountedAlike) {
  const auto packed = run_multipole({"data", "pack", name("data"), "--out", name("d.pack")});
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  test::write_random_segmenter(folder_ / "m.safetensors", {"sky", "road"});
  const auto eval = [&](const std::string& data) {
    const auto result = run_multipole({"segment", "eval", "--model", name("m.safetensors"), "--data", name(data),
                                       "--boundary", "--json", "-", "--quiet"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return parse_json(result.out, "eval");
  };
  EXPECT_EQ(eval("d.pack"), eval("data"));
  EXPECT_EQ(check("d.pack")["splits"], check("data")["splits"]);
}

TEST_F(DataMasks, TrainingTakesAPackShrunkToo) {
  ASSERT_EQ(run_multipole({"data", "pack", name("data"), "--out", name("d.pack"), "--size", "10"}).exit_code, 0);
  EXPECT_EQ(check("d.pack")["splits"][0]["sizes"], Json::parse(R"([{"height":10,"width":12,"count":4}])"));
  const auto trained =
      run_multipole({"segment", "train", "--data", name("d.pack"), "--out", name("run"), "--epochs", "1", "--set",
                     "model.backbone.depths=[1,1,1,1]", "--set", "augmentation.crop_size=[16,16]", "--set",
                     "train.batch_size=2", "--set", "model.head.channels=8"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_NE(trained.err.find("4 pictures and masks packed in"), std::string::npos) << trained.err;
  const auto damaged = test::read_text(name("d.pack"));
  test::write_text(name("cut.pack"), damaged.substr(0, damaged.size() - 100));
  EXPECT_EQ(run_multipole({"segment", "train", "--data", name("cut.pack"), "--out", name("other")}).exit_code, 2);
}

}  // namespace
}  // namespace multipole
