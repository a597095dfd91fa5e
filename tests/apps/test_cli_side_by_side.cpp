// Pictures that threads and processes share: the same bytes of output for any number of them, failures in between.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "tests/support/launched_processes.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/random_source.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;
using Words = std::vector<std::string>;

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

  Words classify(int threads) const {
    return {"classify",     "predict",
            "--model",      text("classifier"),
            "--threads",    std::to_string(threads),
            "--format",     "json",
            "--batch-size", "4",
            "--device",     "cpu",
            text("in")};
  }
  Words segment(int threads, const std::string& out) const {
    return {"segment", "predict", "--model", text("segmenter"), "--threads", std::to_string(threads),
            "--out",   text(out), "--quiet", "--probability",   "--device",  "cpu",
            text("in")};
  }
  Words embed(int threads, const std::string& out) const {
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

TEST_F(SideBySideCommands, ClassesAreTheSameForAnyNumberOfThreads) {
  const auto one = test::run_multipole(classify(1));
  ASSERT_EQ(one.exit_code, 3) << one.err;
  for (const int threads : {2, 3}) {
    const auto several = test::run_multipole(classify(threads));
    EXPECT_EQ(several.exit_code, 3);
    EXPECT_EQ(several.out, one.out) << threads;
  }
}

TEST_F(SideBySideCommands, MapsAreTheSameForAnyNumberOfThreads) {
  ASSERT_EQ(test::run_multipole(segment(1, "one")).exit_code, 3);
  for (const int threads : {2, 3}) {
    const std::string out = "with" + std::to_string(threads);
    EXPECT_EQ(test::run_multipole(segment(threads, out)).exit_code, 3);
    expect_same_maps(out, "one");
  }
}

TEST_F(SideBySideCommands, FeaturesAreTheSameForAnyNumberOfThreads) {
  ASSERT_EQ(test::run_multipole(embed(1, "one.npy")).exit_code, 3);
  for (const int threads : {2, 3}) {
    EXPECT_EQ(test::run_multipole(embed(threads, "more.npy")).exit_code, 3);
    EXPECT_EQ(test::read_text(at("more.npy")), test::read_text(at("one.npy"))) << threads;
    EXPECT_EQ(test::read_text(at("more.npy.txt")), test::read_text(at("one.npy.txt"))) << threads;
  }
}

TEST_F(SideBySideCommands, MoreThreadsThanProcessorsAreSaid) {
  const auto many = test::run_multipole(classify(1000));
  EXPECT_NE(many.err.find("note: 1000 threads on "), std::string::npos) << many.err;
  EXPECT_EQ(test::run_multipole(classify(1)).err.find("note: "), std::string::npos);
}

// libgomp itself says what it was given.
TEST(ShortWaits, AreAskedForUnlessTheUserChose) {
  const auto told = [](const std::vector<std::pair<std::string, std::string>>& environment) {
    auto all = environment;
    all.emplace_back("OMP_DISPLAY_ENV", "verbose");
    return test::run_multipole({"--version"}, {.input = {}, .environment = all}).err;
  };
  EXPECT_NE(told({}).find("GOMP_SPINCOUNT = '1000'"), std::string::npos) << told({});
  EXPECT_NE(told({{"GOMP_SPINCOUNT", "77"}}).find("GOMP_SPINCOUNT = '77'"), std::string::npos);
  EXPECT_EQ(told({{"OMP_WAIT_POLICY", "active"}}).find("GOMP_SPINCOUNT = '1000'"), std::string::npos);
}

}  // namespace
}  // namespace multipole
