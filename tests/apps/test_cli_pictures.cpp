// What every command makes of pictures that are too large, whose bands need a note, and whose names are no text.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/small_training.h"

namespace multipole {
namespace {

using test::Bytes;
using test::run_multipole;
using Words = std::vector<std::string>;

Bytes picture(int64_t height, int64_t width) { return encode_png(test::gradient_image(height, width)); }

// As rasterio writes three bands of 16 bits: the first is gray, nothing is said of the others.
Bytes satellite_picture(uint32_t height, uint32_t width) {
  test::RawTiff tiff{.width = width, .height = height, .bits = 16, .photometric = 1};
  tiff.extra_samples = {0, 0};
  tiff.data = Bytes(static_cast<size_t>(width) * height * 6, 0x55);
  return test::encode_raw_tiff(tiff);
}

// 437 KB on disk, hours in tiles; the header alone has to do.
Bytes huge_picture() {
  return test::encode_raw_png({.width = 60000, .height = 60000, .bit_depth = 1, .color_type = 0});
}

constexpr const char* kBandNote = "bands 1 to 3 of 3 are taken as red, green and blue";

class Pictures : public ::testing::Test {
 protected:
  Pictures() {
    test::write_random_model(path("classifier"), {"cat", "dog"});
    test::write_random_segmenter(path("segmenter"), {"a", "b"});
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  test::ProcessResult classify(const Words& more) const {
    return run({"classify", "predict", "--model", path("classifier"), "--format", "json"}, more);
  }
  test::ProcessResult segment(const Words& more) const {
    return run({"segment", "predict", "--model", path("segmenter"), "--out", path("out"), "--threads", "1"}, more);
  }
  static test::ProcessResult run(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return run_multipole(words);
  }

  static Words lines(const std::string& text) {
    Words all;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
  }
  Words segment_lines() const { return lines(test::read_text(folder_ / "out/results.jsonl")); }

  // Two classes in train and val, and one picture more in each of train/cat and val/cat.
  void write_classes(const std::string& name, const Bytes& bytes) const {
    for (const std::string split : {"train", "val"}) {
      for (const std::string label : {"cat", "dog"}) {
        for (int i = 0; i < 8; ++i) {
          folder_.write("classes/" + split + "/" + label + "/" + std::to_string(i) + ".png", picture(32, 32 + i));
        }
      }
      folder_.write("classes/" + split + "/cat/" + name, bytes);
    }
  }
  void write_masks(const std::string& name, const Bytes& bytes) const {
    const auto ids = torch::arange(20 * 24).view({20, 24}).div(240, "floor");
    for (const std::string split : {"train", "val"}) {
      for (int i = 0; i < 2; ++i) test::write_pair(masks_, split, std::to_string(i), ids);
      masks_.write("images/" + split + "/" + name, bytes);
      masks_.write("annotations/" + split + "/" + std::filesystem::path(name).stem().string() + ".png",
                   test::encode_mask(ids));
    }
    test::write_text(masks_ / "classes.txt", "a\nb\n");
  }
  Words mask_training(const Words& more) const {
    Words words = {"segment", "train", "--data", masks_.path().string(), "--out", path("run"), "--epochs", "1"};
    for (const char* set : {"model.backbone.depths=[1,1,1,1]", "augmentation.crop_size=[16,16]", "train.batch_size=2",
                            "model.head.channels=8"}) {
      words.insert(words.end(), {"--set", set});
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  test::TemporaryFolder folder_, masks_;
};

void expect_named(const std::string& text, const std::string& size, const std::string& cure) {
  EXPECT_NE(text.find("the header says " + size + " pixels, above the limit"), std::string::npos) << text;
  EXPECT_NE(text.find(cure), std::string::npos) << text;
}

TEST_F(Pictures, OneThatWouldTakeHoursIsRefusedByNameAndTheListGoesOn) {
  folder_.write("in/a_huge.png", huge_picture());
  folder_.write("in/b.png", picture(20, 30));
  const auto start = std::chrono::steady_clock::now();
  const auto maps = segment({"--quiet", path("in")});
  EXPECT_EQ(maps.exit_code, 3) << maps.err;
  expect_named(maps.err, "60000 x 60000", "a_huge.png");
  ASSERT_EQ(segment_lines().size(), 2u);
  expect_named(segment_lines()[0], "60000 x 60000", "--max-pixels 3600000000");
  EXPECT_TRUE(parse_json(segment_lines()[1], "line").contains("map"));
  const auto names = classify({path("in")});
  EXPECT_EQ(names.exit_code, 3) << names.err;
  expect_named(lines(names.out).at(0), "60000 x 60000", "--max-pixels 3600000000");
  EXPECT_TRUE(parse_json(lines(names.out).at(1), "line").contains("predictions"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST_F(Pictures, TheLimitOfPixelsIsAnOptionOfEveryCommandThatReadsThem) {
  const std::string large = folder_.write("large.png", picture(50, 60)).string();
  for (const bool fits : {false, true}) {
    const std::string limit = fits ? "3000" : "2999";
    const int code = fits ? 0 : 3;
    EXPECT_EQ(segment({"--max-pixels", limit, large}).exit_code, code);
    EXPECT_EQ(classify({"--max-pixels", limit, large}).exit_code, code);
  }
  EXPECT_EQ(classify({"--max-pixels", "0", large}).exit_code, 2);

  write_classes("large.png", picture(50, 60));
  const std::string classes = path("classes");
  const Words limit = {"--max-pixels", "2999"};
  const auto checked = run({"data", "check", classes}, limit);
  EXPECT_EQ(checked.exit_code, 3);
  expect_named(checked.out, "60 x 50", "--max-pixels 3000");
  EXPECT_EQ(run({"data", "check", classes}, {}).exit_code, 0);
  expect_named(run({"data", "pack", classes, "--out", path("p.pack")}, limit).err, "60 x 50", "--max-pixels 3000");
  const auto measured =
      run({"classify", "eval", "--model", path("classifier"), "--data", classes, "--on-error", "skip"}, limit);
  EXPECT_EQ(measured.exit_code, 3);
  expect_named(measured.err, "60 x 50", "--max-pixels 3000");
  const auto trained = run(test::small_training(classes, path("c"), {"--epochs", "1"}), limit);
  EXPECT_NE(trained.exit_code, 0);
  expect_named(trained.err, "60 x 50", "--max-pixels 3000");

  write_masks("large.png", picture(50, 60));
  const auto masks = run(mask_training(limit), {});
  EXPECT_NE(masks.exit_code, 0);
  expect_named(masks.err, "60 x 50", "--max-pixels 3000");
  const auto maps = run(
      {"segment", "eval", "--model", path("segmenter"), "--data", masks_.path().string(), "--on-error", "skip"}, limit);
  EXPECT_EQ(maps.exit_code, 3) << maps.err;
  expect_named(maps.err, "60 x 50", "--max-pixels 3000");
}

TEST_F(Pictures, BandsThatWereGuessedAreToldOfByEveryCommand) {
  const std::string name = folder_.write("field.tif", satellite_picture(40, 60)).string();
  const auto named = classify({name});
  ASSERT_EQ(named.exit_code, 0) << named.err;
  EXPECT_NE(named.err.find(name + ": note: " + kBandNote), std::string::npos) << named.err;
  EXPECT_EQ(parse_json(named.out, "line")["notes"], Json::array({kBandNote})) << named.out;

  const auto mapped = segment({"--quiet", name});
  ASSERT_EQ(mapped.exit_code, 0) << mapped.err;
  EXPECT_NE(mapped.err.find(name + ": note: " + kBandNote), std::string::npos) << mapped.err;
  EXPECT_EQ(parse_json(segment_lines().at(0), "line")["notes"], Json::array({kBandNote}));
  folder_.write("plain.png", picture(9, 9));
  EXPECT_FALSE(parse_json(classify({path("plain.png")}).out, "line").contains("notes"));

  write_classes("field.tif", satellite_picture(32, 33));
  const auto checked = run({"data", "check", path("classes"), "--json", path("check.json")}, {});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_NE(checked.out.find("2 pictures, such as "), std::string::npos) << checked.out;
  EXPECT_NE(checked.out.find(kBandNote), std::string::npos) << checked.out;
  const Json json = parse_json(test::read_text(path("check.json")), "check");
  ASSERT_EQ(json["notes"].size(), 1u) << json;
  EXPECT_EQ(json["notes"][0]["note"], kBandNote);
  EXPECT_EQ(json["notes"][0]["pictures"], 2);
  EXPECT_NE(json["notes"][0]["first"].get<std::string>().find("train/cat/field.tif"), std::string::npos);

  const auto count = [](const std::string& text) {
    size_t found = 0;
    for (size_t at = text.find(kBandNote); at != text.npos; at = text.find(kBandNote, at + 1)) ++found;
    return found;
  };
  const auto measured = run({"classify", "eval", "--model", path("classifier"), "--data", path("classes")}, {});
  EXPECT_EQ(count(measured.err), 1u) << measured.err;
  // the pictures of one kind are told of once, however often they are read
  const auto trained = run(test::small_training(path("classes"), path("c"), {"--epochs", "2"}), {});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(count(trained.err), 1u) << trained.err;

  test::RawTiff masked{.width = 24, .height = 20, .photometric = 1};
  masked.extra_samples = {0, 0};
  masked.data = Bytes(24 * 20 * 3, 0x77);
  write_masks("field.tif", test::encode_raw_tiff(masked));
  const auto masks = run({"data", "check", masks_.path().string()}, {});
  EXPECT_NE(masks.out.find(kBandNote), std::string::npos) << masks.out;
  const auto learned = run(mask_training({}), {});
  ASSERT_EQ(learned.exit_code, 0) << learned.err;
  EXPECT_GE(count(learned.err), 1u) << learned.err;
}

TEST_F(Pictures, ANameThatIsNoTextIsFoundAgainFromEveryJson) {
  // Python: json.loads(line)["path"].encode("utf-8", "surrogateescape")
  const std::string escaped = "caf\\udce9_\xc3\xa9.png";
  const std::string name = folder_.write("in/caf\xe9_\xc3\xa9.png", picture(9, 9)).string();
  const std::string bad = folder_.write("in/no\xff.png", test::to_bytes("no picture")).string();
  const auto named = classify({path("in")});
  EXPECT_EQ(named.exit_code, 3) << named.err;
  EXPECT_NE(lines(named.out).at(0).find("/in/" + escaped + "\""), std::string::npos) << named.out;
  EXPECT_NE(lines(named.out).at(1).find("/in/no\\udcff.png\""), std::string::npos) << named.out;
  EXPECT_EQ(named.out.find("\xef\xbf\xbd"), std::string::npos);

  ASSERT_EQ(segment({path("in")}).exit_code, 3);
  EXPECT_NE(segment_lines().at(0).find("\"map\":\"" + path("out/" + escaped) + "\""), std::string::npos);
  EXPECT_NE(segment_lines().at(1).find("cannot read " + path("in/no\\udcff.png")), std::string::npos);

  write_classes("caf\xe9_\xc3\xa9.png", test::to_bytes("no picture"));
  const auto checked = run({"data", "check", path("classes"), "--json", "-"}, {});
  EXPECT_EQ(checked.exit_code, 3) << checked.err;
  EXPECT_NE(checked.out.find("\"path\":\"" + path("classes/train/cat/" + escaped) + "\""), std::string::npos)
      << checked.out;
}

// Classes take their names from folders, and a model file is JSON too.
TEST_F(Pictures, ClassesWhoseNamesAreNoTextAreTheSameWhenTheyAreMeasured) {
  for (const std::string split : {"train", "val"}) {
    for (const std::string label : {"\xe9t\xe9", "\xe8t\xe8"}) {
      for (int i = 0; i < 8; ++i) {
        folder_.write("classes/" + split + "/" + label + "/" + std::to_string(i) + ".png", picture(32, 32 + i));
      }
    }
  }
  const auto trained = run(test::small_training(path("classes"), path("c"), {"--epochs", "1"}), {});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto measured = run({"classify", "eval", "--model", path("c/best.safetensors"), "--data", path("classes")},
                            {"--json", "-", "--quiet"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_NE(measured.out.find("\"\\udce8t\\udce8\""), std::string::npos) << measured.out;
  EXPECT_EQ(run({"inspect", path("c/best.safetensors")}, {}).exit_code, 0);
}

}  // namespace
}  // namespace multipole
