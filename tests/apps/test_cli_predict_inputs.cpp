// `classify predict` over inputs that a picture program meets in the wild: a line for each, in order, and exit code 3.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <sstream>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "datasets/pictures/image_encode.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"

namespace multipole {
namespace {

using test::Bytes;
using test::run_multipole;
using test::to_bytes;

torch::Tensor noise(int64_t height, int64_t width, int64_t channels) {
  return torch::randint(0, 256, {height, width, channels}, torch::kUInt8);
}

Bytes deep_png() {
  test::RawPng png;
  png.width = 3;
  png.height = 2;
  png.bit_depth = 16;
  png.rows = Bytes(2 * 3 * 3 * 2, 0x80);
  return test::encode_raw_png(png);
}

Bytes cut(Bytes bytes, double share) {
  bytes.resize(static_cast<size_t>(static_cast<double>(bytes.size()) * share));
  return bytes;
}

struct Input {
  const char* name;  // in byte order, as a folder is listed
  Bytes bytes;
  bool readable;
};

std::vector<Input> wild_inputs() {
  return {{"a_good.jpg", test::encode_jpeg(noise(40, 60, 3)), true},
          {"b_truncated.jpg", cut(test::encode_jpeg(noise(40, 60, 3)), 0.6), false},
          {"c_truncated.png", cut(encode_png(noise(40, 60, 3)), 0.6), false},
          {"d_empty.jpg", {}, false},
          {"e_text.jpg", to_bytes("Dear reader, this is no picture."), false},
          {"f_page.png", to_bytes("<!DOCTYPE html><html></html>"), false},
          {"g_16bit.png", deep_png(), true},
          {"h_cmyk.jpg", test::encode_jpeg(noise(30, 30, 4)), true},
          {"i_gray.jpg", test::encode_jpeg(noise(30, 30, 1)), true},
          {"j_1x1.png", encode_png(noise(1, 1, 3)), true},
          {"k_1x10000.png", encode_png(noise(1, 10000, 3)), true},
          {"l_10000x1.png", encode_png(noise(10000, 1, 3)), true},
          {"m sp\xc3\xa4"
           "ce\n.png",
           encode_png(noise(9, 9, 3)), true},
          {"n_\xff\xfe.png", encode_png(noise(9, 9, 3)), true},
          {"z_good.png", encode_png(noise(33, 17, 3)), true}};
}

class WildInputs : public ::testing::Test {
 protected:
  WildInputs() {
    std::filesystem::create_directory(folder_.path() / "models");
    test::write_random_model(model(), {"cat", "dog"});
  }
  std::filesystem::path model() const { return folder_.path() / "models" / "m.safetensors"; }

  test::ProcessResult predict(const std::vector<std::string>& inputs, const std::string& format = "json") {
    std::vector<std::string> words = {"classify", "predict", "--model",      model().string(),
                                      "--format", format,    "--batch-size", "4"};
    words.insert(words.end(), inputs.begin(), inputs.end());
    return run_multipole(words);
  }

  test::TemporaryFolder folder_;
};

TEST_F(WildInputs, ALineForEachInOrderAndExitCode3) {
  const auto inputs = wild_inputs();
  for (const auto& input : inputs) folder_.write(std::string("photos/") + input.name, input.bytes);
  const auto result = predict({(folder_.path() / "photos").string()});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_NE(result.err.find("5 of 15 inputs could not be read"), std::string::npos) << result.err;
  std::istringstream stream(result.out);
  for (const auto& input : inputs) {
    std::string text;
    ASSERT_TRUE(std::getline(stream, text)) << input.name;
    const Json line = parse_json_text(text, input.name);
    EXPECT_EQ(std::filesystem::path(line["path"].get<std::string>()).filename().string(), input.name);
    EXPECT_EQ(line.contains("predictions"), input.readable) << text;
    EXPECT_EQ(line.contains("error"), !input.readable) << text;
  }
  EXPECT_EQ(stream.peek(), EOF);
}

TEST_F(WildInputs, TextKeepsTheBytesOfAName) {
  const auto path = folder_.write("n_\xff.png", encode_png(noise(9, 9, 3)));
  const auto result = predict({path.string()}, "text");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out.rfind(path.string() + ": ", 0), 0u);
}

TEST_F(WildInputs, WhatIsNoFileAmongOthersIsALineOfItsOwn) {
  const auto good = folder_.write("good.png", encode_png(noise(9, 9, 3))).string();
  const std::string absent = (folder_.path() / "absent.png").string(), pipe = (folder_.path() / "pipe.png").string();
  const std::string dangling = (folder_.path() / "dangling.png").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink("nowhere", dangling);
  const auto result = predict({good, absent, pipe, dangling, good});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  std::istringstream stream(result.out);
  std::string text;
  for (const auto& path : {good, absent, pipe, dangling, good}) {
    ASSERT_TRUE(std::getline(stream, text));
    EXPECT_EQ(parse_json(text, "line")["path"], path);
    EXPECT_EQ(parse_json(text, "line").contains("error"), path != good) << text;
  }
}

TEST_F(WildInputs, NothingToReadIsAUsageError) {
  std::filesystem::create_directory(folder_.path() / "empty");
  folder_.write("texts/a.txt", to_bytes("x"));
  for (const char* input : {"absent.png", "empty", "texts", "*.tiff"}) {
    const auto result = predict({(folder_.path() / input).string()});
    EXPECT_EQ(result.exit_code, 2) << input;
    EXPECT_EQ(result.out, "") << input;
    EXPECT_NE(result.err.find(input), std::string::npos) << result.err;
  }
}

TEST_F(WildInputs, OneUnreadablePictureIsAFailedInput) {
  const auto path = folder_.write("text.jpg", to_bytes("no picture"));
  const auto result = predict({path.string()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(parse_json(result.out, "line").contains("error"));
}

}  // namespace
}  // namespace multipole
