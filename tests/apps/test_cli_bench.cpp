#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"
#include "tests/support/process.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

TEST(BenchOp, MeasuresEverySubjectInBothPasses) {
  const test::TemporaryFolder folder;
  const std::string json_path = (folder / "op.json").string(), svg_path = (folder / "op.svg").string();
  const auto result = run_multipole({"bench",      "op", "--tokens",   "256",       "64",    "--heads",   "2",
                                     "--head-dim", "8",  "--backward", "--seconds", "0.001", "--variant", "linear",
                                     "--rank",     "4",  "--json",     json_path,   "--svg", svg_path});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("of FMA"), std::string::npos);
  const Json report = parse_json(test::read_text(json_path), "bench");
  EXPECT_GT(report["limits"]["matrix_product_gflops"].get<double>(), 0);
  EXPECT_GT(report["limits"]["fma_peak_gflops"].get<double>(), 0);
  std::map<std::string, int> passes;
  for (const auto& row : report["rows"]) {
    ASSERT_FALSE(row.contains("skipped")) << row.dump();
    EXPECT_GT(row["seconds_min"].get<double>(), 0);
    EXPECT_LE(row["seconds_min"].get<double>(), row["seconds_median"].get<double>());
    EXPECT_EQ(row["speedup_over_sdpa"].is_null(), row["subject"] == "sdpa");
    EXPECT_EQ(row["growth_exponent"].is_null(), row["tokens"] == 64);
    ++passes[row["subject"].get<std::string>()];
    EXPECT_NE(result.out.find(row["subject"].get<std::string>()), std::string::npos);
  }
  for (const auto& item : report["subjects"].items()) {
    const bool forward_only = item.key() == "cluster2d" || item.key() == "hot_tokens2d";
    EXPECT_EQ(passes[item.key()], forward_only ? 2 : 4) << item.key();
  }
  const std::string svg = test::read_text(svg_path);
  EXPECT_EQ(svg.rfind("<svg ", 0), 0u);
  EXPECT_NE(svg.find("sdpa, with backward"), std::string::npos);
}

TEST(BenchOp, SaysWhatItLeavesOut) {
  const auto result = run_multipole({"bench", "op", "--tokens", "1048576", "--subjects", "sdpa", "reference",
                                     "--max-seconds", "0.01", "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json report = parse_json(result.out, "bench");
  ASSERT_EQ(report["rows"].size(), 2u);
  for (const auto& row : report["rows"]) {
    EXPECT_NE(row["skipped"].get<std::string>().find("left out"), std::string::npos) << row.dump();
  }
}

TEST(BenchOp, WrongUsage) {
  EXPECT_EQ(run_multipole({"bench", "op", "--rank", "3"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"bench", "op", "--tokens", "0"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"bench", "op", "--dtype", "float16"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"bench", "op", "--device", "tpu"}).exit_code, 2);
  const auto subject = run_multipole({"bench", "op", "--subjects", "spda"});
  EXPECT_EQ(subject.exit_code, 2);
  EXPECT_NE(subject.err.find("sdpa"), std::string::npos) << subject.err;
}

TEST(BenchModel, MeasuresEveryPassAndAttention) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "model.json").string();
  const auto result = run_multipole({"bench", "model", "--presets", "multipole_nano", "--image-sizes", "16",
                                     "--batch-sizes", "2", "--passes", "inference", "features", "train", "--classes",
                                     "3", "--seconds", "0.001", "--json", path});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json report = parse_json(test::read_text(path), "bench");
  EXPECT_EQ(report["rows"].size(), 3u * 2u * 3u);
  for (const auto& row : report["rows"]) EXPECT_GT(row["images_per_second"].get<double>(), 0) << row.dump();
  EXPECT_NE(result.out.find("images/s"), std::string::npos);
}

TEST(BenchModel, MeasuresAModelFile) {
  const test::TemporaryFolder folder;
  const std::string model = (folder / "model.safetensors").string();
  test::write_random_model(model, {"a", "b", "c"});
  const auto bench = [&](const std::string& pass) {
    return run_multipole({"bench", "model", "--presets", model, "--image-sizes", "16", "--batch-sizes", "2", "--passes",
                          pass, "--precisions", "float32", "--seconds", "0.001", "--json", "-"});
  };
  for (const std::string pass : {"inference", "train"}) {
    const auto result = bench(pass);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const Json rows = parse_json(result.out, "bench")["rows"];
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_GT(rows[0]["images_per_second"].get<double>(), 0);
    EXPECT_TRUE(rows[2].contains("skipped")) << rows[2].dump();  // attention to all tokens in its place
  }
  test::write_random_segmenter(model, {"a", "b"});
  EXPECT_EQ(bench("inference").exit_code, 0);
  EXPECT_EQ(bench("train").exit_code, 5);
  EXPECT_EQ(run_multipole({"bench", "model", "--presets", (folder / "none.safetensors").string()}).exit_code, 5);
}

TEST(BenchModel, WrongUsage) {
  EXPECT_EQ(run_multipole({"bench", "model", "--presets", "multipole_huge"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"bench", "model", "--passes", "sleep"}).exit_code, 2);
}

TEST(BenchData, MeasuresFolderArchiveAndPackSideBySide) {
  const test::TemporaryFolder folder;
  const std::string data = (folder / "data").string(), tar = data + ".tar", pack = data + ".pack";
  const auto path = (folder / "data.json").string();
  ASSERT_EQ(test::draw_small_data(data).exit_code, 0);
  ASSERT_EQ(test::run_process({"/bin/tar", "-cf", tar, "-C", data, "."}).exit_code, 0);
  const auto packed = run_multipole({"data", "pack", data, "--out", pack});
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  const auto result =
      run_multipole({"bench", "data",         data,    tar,         pack,           "--workers", "0",
                     "2",     "--transforms", "train", "eval",      "--image-size", "16",        "--batch-size",
                     "5",     "--rounds",     "2",     "--seconds", "0.01",         "--json",    path});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json report = parse_json(test::read_text(path), "bench");
  ASSERT_EQ(report["rows"].size(), 3u * 2u * 2u);
  for (const auto& row : report["rows"]) {
    EXPECT_EQ(row["pictures"], 48) << row.dump();
    const auto rate = row["images_per_second"].get<double>();
    EXPECT_GE(rate, row["images_per_second_median"].get<double>());
    EXPECT_GT(row["images_per_second_median"].get<double>(), 0);
    EXPECT_NEAR(row["decoded_bytes_per_second"].get<double>() / rate, 32 * 32 * 3, 1e-6);
    if (row["data"] == data) {
      EXPECT_EQ(row["speedup_over_first"], 1.0);
    }
    EXPECT_NE(result.out.find(std::filesystem::path(row["data"].get<std::string>()).filename().string()),
              std::string::npos);
  }
}

TEST(BenchData, WrongUsage) {
  EXPECT_EQ(run_multipole({"bench", "data"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"bench", "data", "/nowhere"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"bench", "data", "/tmp", "--transforms", "sleep"}).exit_code, 2);
}

}  // namespace
}  // namespace multipole
