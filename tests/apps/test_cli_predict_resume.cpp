// `classify predict --out FILE`: lines as they come, and --resume after a kill.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "datasets/pictures/image_encode.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using Words = std::vector<std::string>;

class PredictResume : public ::testing::Test {
 protected:
  static constexpr int kPictures = 300;

  PredictResume() {
    test::write_random_model(model(), {"cat", "dog", "owl"});
    for (int i = 0; i < kPictures; ++i) {
      folder_.write(name_of(i), encode_png(torch::randint(0, 256, {40, 40, 3}, torch::kUInt8)));
    }
    folder_.write(name_of(0), test::to_bytes("no picture"));
  }
  static std::string name_of(int i) { return "in/" + std::to_string(1000 + i) + ".png"; }
  std::filesystem::path model() const { return folder_ / "model.safetensors"; }
  std::filesystem::path out() const { return folder_ / "out.csv"; }
  std::filesystem::path record() const { return folder_ / "out.csv.resume"; }

  Words command(const Words& more = {}, const std::string& precision = "float32") const {
    Words words = {"classify",
                   "predict",
                   "--model",
                   model().string(),
                   "--device",
                   "cpu",
                   "--precision",
                   precision,
                   "--threads",
                   "1",
                   "--batch-size",
                   "2",
                   "--format",
                   "csv",
                   "--out",
                   out().string(),
                   (folder_ / "in").string()};
    words.insert(words.end(), more.begin(), more.end());
    return test::multipole_command(words);
  }
  test::ProcessResult resume(const Words& more = {}, const std::string& precision = "float32") const {
    Words words = {"--resume"};
    words.insert(words.end(), more.begin(), more.end());
    return test::run_process(command(words, precision));
  }

  // Ends a run with SIGKILL once it has written some lines.
  void kill_early(const std::string& precision = "float32") const {
    test::Process process(command({}, precision));
    std::error_code code;
    for (int i = 0; i < 60000 && (!std::filesystem::exists(out()) || std::filesystem::file_size(out(), code) < 3000);
         ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    process.send(SIGKILL);
    EXPECT_EQ(process.wait().exit_code, -SIGKILL) << "it had ended before it was killed";
  }

  static int number_after(const std::string& text, const std::string& mark) {
    const auto at = text.find(mark);
    return at == text.npos ? -1 : std::atoi(text.c_str() + at + mark.size());
  }

  test::TemporaryFolder folder_;
};

TEST_F(PredictResume, AKilledRunGoesOnToTheSameFile) {
  ASSERT_EQ(test::run_process(command()).exit_code, 3);
  EXPECT_FALSE(std::filesystem::exists(record()));
  const std::string whole = test::read_text(out());
  std::filesystem::remove(out());
  kill_early();
  const std::string part = test::read_text(out());
  EXPECT_GE(part.size(), 3000u);
  EXPECT_EQ(whole.find(part), 0u) << "not the same from the start";

  test::write_text(out(), part + "half a li");
  const auto resumed = resume();
  EXPECT_EQ(resumed.exit_code, 3) << "the first input still failed" << resumed.err;
  EXPECT_GT(number_after(resumed.err, "resuming: "), 10) << resumed.err;
  EXPECT_NE(resumed.err.find("1 of 300 inputs could not be read"), std::string::npos) << resumed.err;
  EXPECT_EQ(test::read_text(out()), whole);
  EXPECT_FALSE(std::filesystem::exists(record()));
}

TEST_F(PredictResume, OnlyWhatWouldComeOutTheSameIsKept) {
  kill_early();
  // the seventh input is in the fourth batch of two
  folder_.write(name_of(6), encode_png(torch::zeros({40, 50, 3}, torch::kUInt8)));
  const auto copy = [&](const std::string& name, const std::filesystem::path& to) {
    std::filesystem::copy_file(folder_ / name, to, std::filesystem::copy_options::overwrite_existing);
  };
  std::filesystem::copy_file(out(), folder_ / "lines");
  std::filesystem::copy_file(record(), folder_ / "record");
  EXPECT_EQ(number_after(resume().err, "resuming: "), 6);
  copy("lines", out());
  copy("record", record());
  EXPECT_EQ(number_after(resume({"--top-k", "1"}).err, "resuming: "), 0) << "another setting";
  copy("record", record());
  std::filesystem::remove(out());
  EXPECT_EQ(number_after(resume().err, "resuming: "), 0) << "no file to go on with";
  copy("lines", out());
  copy("record", record());
  test::write_random_model(model(), {"cat", "dog", "owl"});
  EXPECT_EQ(number_after(resume().err, "resuming: "), 0) << "another model";
}

TEST_F(PredictResume, ItStaysWithThePrecisionOfTheRunBefore) {
  for (const std::string precision : {"bfloat16", "float32"}) {
    kill_early(precision);
    const auto resumed = resume({}, "auto");
    EXPECT_GT(number_after(resumed.err, "resuming: "), 10) << resumed.err;
    EXPECT_NE(resumed.err.find("computing in " + precision + "\n"), std::string::npos) << resumed.err;
    const std::string lines = test::read_text(out());
    ASSERT_EQ(test::run_process(command({}, precision)).exit_code, 3);
    EXPECT_EQ(test::read_text(out()), lines);
    std::filesystem::remove(out());
  }
}

TEST_F(PredictResume, StandardOutputCannotBeResumed) {
  const auto result = test::run_multipole(
      {"classify", "predict", "--model", model().string(), "--resume", (folder_ / name_of(1)).string()});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_NE(result.err.find("--out"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace multipole
