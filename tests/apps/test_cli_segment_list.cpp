// `segment predict` over lists: every picture has its line as soon as it is done, one picture's trouble is its own, and
// --resume does what is left.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "datasets/pictures/image_encode.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/segment_command.h"

namespace multipole {
namespace {

using test::noise;

class SegmentLists : public test::SegmentCommand {
 protected:
  static constexpr int kPictures = 4;

  std::string picture(int i) const { return (folder_ / "in" / (std::to_string(i) + ".png")).string(); }
  std::string input() const { return (folder_ / "in").string(); }

  void write_pictures(int count, int64_t side) {
    for (int i = 0; i < count; ++i) test::write_text(at(i), text_of(encode_png(noise(side, side + i))));
  }

  // Dates all maps back, so that redone() tells which were written since.
  void date_back() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "out")) {
      std::filesystem::last_write_time(entry, std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
    }
  }
  std::vector<std::string> redone() const {
    std::vector<std::string> names;
    const auto recent = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
    for (const auto& name : files()) {
      if (name != "results.jsonl" && std::filesystem::last_write_time(out(name)) > recent) names.push_back(name);
    }
    return names;
  }

  void expect_lines_in_order(int count) const {
    const auto lines = results();
    ASSERT_EQ(lines.size(), static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) EXPECT_EQ(lines[static_cast<size_t>(i)]["path"], picture(i));
  }

 private:
  std::filesystem::path at(int i) const {
    std::filesystem::create_directories(folder_ / "in");
    return picture(i);
  }
  static std::string text_of(const test::Bytes& bytes) { return {bytes.begin(), bytes.end()}; }
};

TEST_F(SegmentLists, KilledTheLinesAreThereAndResumeDoesTheRest) {
  constexpr int kMany = 10;
  write_pictures(kMany, 300);
  const std::vector<std::string> command = words({"--tile", "64", "--overlap", "16", input()});
  test::Process process(test::multipole_command(command));
  const auto whole_lines = [&] {
    const std::string text = test::read_text(out("results.jsonl"));
    return std::count(text.begin(), text.end(), '\n');
  };
  for (int i = 0; i < 12000 && whole_lines() < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  process.send(SIGKILL);
  EXPECT_EQ(process.wait().exit_code, -SIGKILL);
  const auto done = static_cast<int>(whole_lines());
  ASSERT_GE(done, 2) << "no line before the end";
  ASSERT_LT(done, kMany) << "it was killed too late";
  for (const auto& line : results()) EXPECT_TRUE(std::filesystem::exists(line["map"].get<std::string>())) << line;

  date_back();
  std::vector<std::string> again = command;
  again.push_back("--resume");
  const auto resumed = test::run_multipole(again);
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_NE(resumed.err.find(std::to_string(done) + " of 10 pictures are done"), std::string::npos) << resumed.err;
  EXPECT_EQ(redone().size(), static_cast<size_t>(kMany - done));
  expect_lines_in_order(kMany);
  EXPECT_EQ(files().size(), static_cast<size_t>(kMany) + 1) << "something was left";
}

// Done is what has its line and its files, of the same picture, model and settings.
TEST_F(SegmentLists, ResumeSkipsOnlyWhatWouldComeOutTheSame) {
  using Names = std::vector<std::string>;
  write_pictures(kPictures, 40);
  const auto resume = [&](Names more = {}) {
    date_back();
    more.insert(more.end(), {"--resume", input()});
    const auto result = predict(more);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    expect_lines_in_order(kPictures);
    return redone();
  };
  ASSERT_EQ(predict({input()}).exit_code, 0);
  EXPECT_EQ(resume(), Names{});
  EXPECT_EQ(resume({"--memory-limit", "3GiB"}), Names{}) << "how much memory there is changes no picture";
  write_bytes(picture(1), encode_png(noise(41, 40)));
  EXPECT_EQ(resume(), Names{"1.png"});
  EXPECT_EQ(results()[1]["height"], 41);
  std::filesystem::remove(out("2.png"));
  EXPECT_EQ(resume(), Names{"2.png"});
  std::ofstream(out("results.jsonl"), std::ios::app) << "{\"path\":\"half a li";
  EXPECT_EQ(resume(), Names{});
  std::string lines = test::read_text(out("results.jsonl"));
  test::write_text(out("results.jsonl"), lines.substr(0, lines.size() - 5));  // cut within the last line
  EXPECT_EQ(resume(), Names{"3.png"});
  EXPECT_EQ(resume({"--tile", "32", "--overlap", "8"}), (Names{"0.png", "1.png", "2.png", "3.png"}));
  // the maps are those of the tiles now, whatever line an earlier run had left
  EXPECT_EQ(resume(), (Names{"0.png", "1.png", "2.png", "3.png"}));
  EXPECT_EQ(resume({"--overlay"}).size(), 8u);
  EXPECT_EQ(resume({"--overlay"}), Names{});
  std::filesystem::remove(out("0.overlay.jpg"));
  EXPECT_EQ(resume({"--overlay"}), (Names{"0.overlay.jpg", "0.png"}));
  test::write_random_segmenter(model(), {"sky", "road", "tree"});
  EXPECT_EQ(resume({"--overlay"}).size(), 8u);
}

TEST_F(SegmentLists, ResumeStaysWithThePrecisionOfTheRunBefore) {
  write_pictures(kPictures, 40);
  for (const std::string precision : {"float32", "bfloat16"}) {
    ASSERT_EQ(predict({"--precision", precision, input()}).exit_code, 0);
    date_back();
    const auto resumed = predict({"--precision", "auto", "--resume", input()});
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_NE(resumed.err.find("computing in " + precision + "\n"), std::string::npos) << resumed.err;
    EXPECT_EQ(redone(), std::vector<std::string>{});
  }
}

TEST_F(SegmentLists, WithoutResumeAllIsDoneAnew) {
  write_pictures(kPictures, 20);
  ASSERT_EQ(predict({input()}).exit_code, 0);
  date_back();
  ASSERT_EQ(predict({input()}).exit_code, 0);
  EXPECT_EQ(redone().size(), static_cast<size_t>(kPictures));
  expect_lines_in_order(kPictures);
}

// What failed is tried again, and lines stand in the order of the inputs however the runs were cut.
TEST_F(SegmentLists, ResumeTriesAgainWhatFailed) {
  write_pictures(kPictures, 20);
  write_bytes(picture(1), test::to_bytes("no picture"));
  ASSERT_EQ(predict({input()}).exit_code, 3);
  const auto still = predict({"--resume", input()});
  EXPECT_EQ(still.exit_code, 3) << still.err;
  expect_lines_in_order(kPictures);
  write_bytes(picture(1), encode_png(noise(20, 20)));
  date_back();
  const auto result = predict({"--resume", input()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(redone(), std::vector<std::string>{"1.png"});
  expect_lines_in_order(kPictures);
  for (const auto& line : results()) EXPECT_FALSE(line.contains("error")) << line;
}

TEST_F(SegmentLists, ResumeBeginsWhereThereIsNothing) {
  write_pictures(kPictures, 20);
  const auto result = predict({"--resume", input()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_lines_in_order(kPictures);
}

TEST_F(SegmentLists, WhatAKilledRunLeftBelowGoes) {
  folder_.write("in/deep/er/x.png", encode_png(noise(5, 6)));
  folder_.write("out/deep/er/x.png.tmp.999999999", {1});
  ASSERT_EQ(predict({"--resume", input()}).exit_code, 0);
  EXPECT_EQ(files(), (std::vector<std::string>{"deep/er/x.png", "results.jsonl"}));
}

TEST_F(SegmentLists, OneNameTwiceEndsNoList) {
  write_pictures(2, 20);
  write_bytes(folder_ / "in" / "0.jpg", test::encode_jpeg(noise(7, 9)));
  const auto result = predict({input(), picture(1)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files(), (std::vector<std::string>{"0.png", "0_2.png", "1.png", "1_2.png", "results.jsonl"}));
  EXPECT_NE(result.err.find("0.png: note: its files are called 0_2, since"), std::string::npos) << result.err;
  const auto lines = results();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0]["map"], out("0.png").string());
  EXPECT_EQ(lines[1]["path"], picture(0));
  EXPECT_EQ(lines[1]["map"], out("0_2.png").string());
}

TEST_F(SegmentLists, APictureTooLargeForMemoryEndsNoList) {
  write_pictures(3, 40);
  const auto plan = predict({picture(0)});
  const auto at = plan.err.find("about ");
  ASSERT_NE(at, std::string::npos) << plan.err;
  ASSERT_EQ(plan.err.find("GiB of"), std::string::npos) << plan.err;
  const auto limit = static_cast<int>(std::strtod(plan.err.c_str() + at + 6, nullptr)) + 60;
  // a row of its smallest tiles alone takes more than the 60 MiB
  write_bytes(picture(1), encode_png(torch::zeros({300, 200000, 3}, torch::kUInt8)));
  const auto result = predict({"--memory-limit", std::to_string(limit) + "MiB", input()});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  expect_lines_in_order(3);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(results()[i].contains("error"), i == 1) << results()[i];
  const std::string reason = results()[1].value("error", "");
  EXPECT_NE(reason.find("--memory-limit"), std::string::npos) << reason;
  EXPECT_NE(reason.find(picture(1)), std::string::npos) << reason;
  EXPECT_EQ(predict({"--memory-limit", std::to_string(limit) + "MiB", picture(1)}).exit_code, 4);
}

TEST_F(SegmentLists, AFullDiskEndsTheList) {
  write_pictures(2, 20);
  std::vector<std::string> command = {"/bin/sh", "-c", "ulimit -f 0; exec \"$@\"", "sh"};
  for (const auto& word : test::multipole_command(words({input()}))) command.push_back(word);
  const auto result = test::run_process(command);
  EXPECT_EQ(result.exit_code, 4) << result.err;
}

}  // namespace
}  // namespace multipole
