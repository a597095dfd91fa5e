// What another attention changes, from the command line.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

class CompareAttention : public testing::Test {
 protected:
  CompareAttention() {
    ModelMetadata metadata;
    metadata.classes = {"a", "b"};
    metadata.architecture.preset = "";
    metadata.architecture.backbone = {{"family", "vit"}, {"image_size", 32}, {"patch_size", 4},
                                      {"embed_dim", 24}, {"num_heads", 2},   {"depth", 2}};
    metadata.architecture.head = {{"type", "classification"}, {"pooling", "embedding"}};
    metadata.architecture.num_classes = 2;
    metadata.architecture = resolve_model_config(metadata.architecture);
    metadata.preprocessing = to_json_config(Preprocessing{.image_size = 32, .crop_pct = 1.0});
    save_model(model_, *VisionModel(metadata.architecture), metadata);
    std::filesystem::create_directories(folder_ / "photos");
    for (const char* name : {"one", "two"}) {
      write_bytes(folder_ / "photos" / (std::string(name) + ".png"),
                  encode_png(torch::randint(0, 256, {50, 70, 3}, torch::kUInt8)));
    }
  }

  test::ProcessResult compare(const Words& more) const {
    Words words = {"compare-attention", model_.string(), (folder_ / "photos").string(), "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_multipole(words);
  }

  const test::TemporaryFolder folder_;
  const std::filesystem::path model_ = folder_ / "vit.safetensors";
};

TEST_F(CompareAttention, MeasuresEverySizeAndDrawsWhereTheyDiffer) {
  const auto json = (folder_ / "result.json").string();
  const auto result = compare({"--size", "32", "--size", "144", "--json", json, "--out", (folder_ / "maps").string(),
                               "--precision", "float32"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("error by block at 144 pixels:"), std::string::npos) << result.out;
  const Json found = Json::parse(std::ifstream(json));
  EXPECT_EQ(found["attention"]["type"], "multipole2d");
  ASSERT_EQ(found["sizes"].size(), 2);
  const Json &small = found["sizes"][0], &large = found["sizes"][1];
  EXPECT_LT(small["block_error"].get<double>(), 1e-5) << "8 x 8 tokens have no far level";
  EXPECT_EQ(small["agreement"], 1.0);
  EXPECT_GT(large["block_error"].get<double>(), 1e-5);
  EXPECT_EQ(large["tokens"], 36 * 36);
  EXPECT_EQ(large["pictures"], 2);
  EXPECT_EQ(large["blocks"].size(), 2);
  EXPECT_GT(large["swapped"]["seconds"].get<double>(), 0);
  for (const char* name : {"000000_one_32.png", "000001_two_144.png"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / "maps" / name)) << name;
  }
}

TEST_F(CompareAttention, GoesOnPastAPictureThatCannotBeRead) {
  std::ofstream(folder_ / "photos" / "bad.png") << "no picture";
  const auto result = compare({"--size", "32"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_NE(result.err.find("bad.png"), std::string::npos) << result.err;
  EXPECT_NE(result.out.find("pixels"), std::string::npos) << result.out;
}

TEST_F(CompareAttention, NeedsABackboneWhoseAttentionCanBeSwapped) {
  test::write_random_model(model_, {"a", "b"});
  const auto result = compare({});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_NE(result.err.find("--attention"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace multipole
