// `embed`: files of features, their order and what failed.
#include <torch/types.h>
#include <torch/utils.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "datasets/formats/csv.h"
#include "engine/files/model_file.h"
#include "tests/apps/embed_command.h"
#include "tests/support/segmentation_model.h"

namespace multipole {
namespace {

class Embed : public test::EmbedCommand {};

TEST_F(Embed, OneVectorAPictureInInputOrderForAnyBatchesAndThreads) {
  const auto whole = embedded({photos()});
  const auto& vectors = whole.tensors.at("vectors");
  EXPECT_EQ(vectors.sizes(), (torch::IntArrayRef{5, 24}));
  const Json names = parse_json(whole.metadata.at("names"), "names");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(names[static_cast<size_t>(i)], photo(i).string());
  EXPECT_FALSE(vectors[0].equal(vectors[1]));
  const auto others = embedded({photos(), "--batch-size", "2", "--workers", "3", "--threads", "3"});
  EXPECT_LT((others.tensors.at("vectors") - vectors).abs().max().item<double>(), 1e-4);
  const auto reversed = embedded({photo(4).string(), photo(0).string()});
  EXPECT_LT((reversed.tensors.at("vectors")[1] - vectors[0]).abs().max().item<double>(), 1e-4);
}

TEST_F(Embed, CsvAndNpyHoldTheSame) {
  const auto vectors = embedded({photos()}).tensors.at("vectors");
  ASSERT_EQ(embed({photos(), "--out", path("v.csv")}).exit_code, 0);
  const auto rows = parse_csv(test::read_text(folder_ / "v.csv"), "v.csv");
  ASSERT_EQ(rows.size(), 6u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(rows[i + 1].fields.at(0), photo(static_cast<int>(i)).string());
    ASSERT_EQ(rows[i + 1].fields.size(), 25u);
    for (size_t j = 0; j < 24; ++j) {
      const float expected = vectors[static_cast<int64_t>(i)][static_cast<int64_t>(j)].item<float>();
      EXPECT_NEAR(std::stof(rows[i + 1].fields[j + 1]), expected, 1e-4);
    }
  }
  ASSERT_EQ(embed({photos(), "--out", path("v.npy")}).exit_code, 0);
  EXPECT_EQ(std::filesystem::file_size(folder_ / "v.npy"), 128 + 5 * 24 * 4u);
  std::string names;
  for (int i = 0; i < 5; ++i) names += photo(i).string() + "\n";
  EXPECT_EQ(test::read_text(folder_ / "v.npy.txt"), names);
}

TEST_F(Embed, MapsGoToOneFileOrAFolder) {
  const auto maps = embedded({photos(), "--map", "--size", "64"}).tensors.at("maps");
  EXPECT_EQ(maps.size(0), 5);
  EXPECT_EQ(maps.size(1), 24);
  EXPECT_EQ(maps.size(2), maps.size(3));
  EXPECT_GT(maps.size(2), embedded({photos(), "--map"}).tensors.at("maps").size(2));
  const auto unit = embedded({photos(), "--map", "--size", "64", "--normalize"}).tensors.at("maps");
  EXPECT_LT((unit.norm(2, {1}) - 1).abs().max().item<double>(), 1e-4);
  write_bad();
  const auto result = embed({photos(), "--map", "--out", path("maps")});
  EXPECT_EQ(result.exit_code, 3);
  const auto lines = json_lines(test::read_text(folder_ / "maps" / "results.jsonl"));
  ASSERT_EQ(lines.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    if (lines[i].contains("error")) continue;
    EXPECT_TRUE(std::filesystem::exists(folder_ / "maps" / lines[i]["file"].get<std::string>())) << lines[i].dump();
  }
  EXPECT_EQ(lines[1]["file"], "000001_1.npy");
  EXPECT_EQ(lines[3]["path"], (folder_ / "photos" / "2b.png").string());
  EXPECT_NE(lines[3]["error"].get<std::string>().find("not an image"), std::string::npos);
}

TEST_F(Embed, BadPicturesAreToldAndTheOthersDone) {
  const auto whole = embedded({photos()}).tensors.at("vectors");
  write_bad();
  const auto result = embed({photos(), "--out", path("out.safetensors")});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("2b.png: not an image"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("1 of 6 inputs could not be read"), std::string::npos) << result.err;
  const auto read = read_safetensors(folder_ / "out.safetensors");
  EXPECT_LT((read.tensors.at("vectors") - whole).abs().max().item<double>(), 1e-4);
  EXPECT_EQ(parse_json(read.metadata.at("names"), "names").size(), 5u);
}

TEST_F(Embed, FeaturesThatAreNoNumbersAreFailures) {
  LoadedModel loaded = load_model(folder_ / "model.safetensors");
  loaded.metadata.preprocessing["mean"] = {0.0, 0.0, 0.0};
  loaded.metadata.preprocessing["std"] = {1e-39, 1e-39, 1e-39};  // infinity of all but black
  save_model(folder_ / "overflow.safetensors", *loaded.model, loaded.metadata);
  write_bytes(folder_ / "black.png", encode_png(torch::zeros({9, 9, 3}, torch::kUInt8)));
  const auto result = embed({path("black.png"), photo(0).string(), "--out", path("v.csv")}, "overflow.safetensors");
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_NE(result.err.find(photo(0).string() + ": its features are no finite numbers"), std::string::npos);
  EXPECT_EQ(parse_csv(test::read_text(folder_ / "v.csv"), "v.csv").size(), 2u);
}

TEST_F(Embed, SegmentersHaveFeaturesToo) {
  test::write_random_segmenter(folder_ / "segmenter.safetensors", {"sky", "road"});
  EXPECT_EQ(embedded({photos()}, "segmenter.safetensors").tensors.at("vectors").sizes(), (torch::IntArrayRef{5, 24}));
}

TEST_F(Embed, WhatWasDoneBeforeASignalIsWritten) {
  test::ProcessOptions options;
  for (int i = 0; i < 20000; ++i) options.input += photo(i % 5).string() + "\n";
  test::Process process(
      test::multipole_command({"embed", path("model.safetensors"), "-", "--device", "cpu", "--quiet", "--batch-size",
                               "2", "--map", "--out", path("maps.safetensors"), "--pca", path("pca")}),
      options);
  const auto results = folder_ / "pca" / "results.jsonl";
  const auto started = [&] { return std::filesystem::exists(results) && std::filesystem::file_size(results) > 0; };
  for (int i = 0; i < 3000 && !started(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  process.send(SIGINT);
  const auto result = process.wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_NE(result.err.find("of 20000 inputs"), std::string::npos) << result.err;
  const int64_t done = static_cast<int64_t>(json_lines(test::read_text(results)).size());
  EXPECT_GT(done, 0);
  EXPECT_LT(done, 20000);
  EXPECT_EQ(read_safetensors(folder_ / "maps.safetensors").tensors.at("maps").size(0), done);
}

}  // namespace
}  // namespace multipole
