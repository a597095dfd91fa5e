// A list of small pictures, some of them unreadable, and the commands that work through it.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "tests/support/model_file.h"
#include "tests/support/random_source.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole::test {

class SideBySideCommands : public ::testing::Test {
 protected:
  static constexpr int kPictures = 23;

  SideBySideCommands() {
    test::write_random_model(at("classifier"), {"cat", "dog"});
    test::write_random_segmenter(at("segmenter"), {"sky", "road"});
    std::filesystem::create_directory(at("in"));
    for (int i = 0; i < kPictures; ++i) {
      const auto pixels = torch::randint(0, 256, {random_int(1, 70), random_int(1, 70), 3}, torch::kUInt8);
      folder_.write(picture(i), encode_png(pixels));
    }
    for (const int bad : {0, 9, 10, kPictures - 1}) test::write_text(at(picture(bad)), "no picture");
  }

  std::filesystem::path at(const std::string& name) const { return folder_ / name; }
  std::string text(const std::string& name) const { return at(name).string(); }
  static std::string picture(int i) { return "in/" + std::string(1, static_cast<char>('a' + i)) + ".png"; }

  std::vector<std::string> classify(int threads) const {
    return {"classify",     "predict",
            "--model",      text("classifier"),
            "--threads",    std::to_string(threads),
            "--format",     "json",
            "--batch-size", "4",
            "--device",     "cpu",
            text("in")};
  }
  std::vector<std::string> segment(int threads, const std::string& out) const {
    return {"segment", "predict", "--model", text("segmenter"), "--threads", std::to_string(threads),
            "--out",   text(out), "--quiet", "--probability",   "--device",  "cpu",
            text("in")};
  }
  std::vector<std::string> embed(int threads, const std::string& out) const {
    return {"embed",
            text("classifier"),
            text("in"),
            "--out",
            text(out),
            "--threads",
            std::to_string(threads),
            "--batch-size",
            "4",
            "--device",
            "cpu",
            "--quiet"};
  }

  // The lines of results.jsonl without what differs between runs.
  std::vector<Json> lines(const std::string& out) const {
    std::vector<Json> all;
    std::istringstream stream(test::read_text(at(out) / "results.jsonl"));
    for (std::string line; std::getline(stream, line);) {
      all.push_back(parse_json(line, "line"));
      for (const char* key : {"seconds", "fingerprint", "map", "probability"}) all.back().erase(key);
    }
    return all;
  }
  void expect_same_maps(const std::string& out, const std::string& expected) const {
    EXPECT_EQ(lines(out), lines(expected));
    ASSERT_EQ(lines(out).size(), static_cast<size_t>(kPictures));
    int num_maps = 0;
    for (const auto& entry : std::filesystem::directory_iterator(at(expected))) {
      if (entry.path().extension() != ".png") continue;
      EXPECT_EQ(test::read_text(at(out) / entry.path().filename()), test::read_text(entry.path())) << entry.path();
      ++num_maps;
    }
    EXPECT_EQ(num_maps, 2 * (kPictures - 4));
  }

  const test::TemporaryFolder folder_;
};

}  // namespace multipole::test
