// The shipped model: the library and the command give the same maps.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/image_encode.h"
#include "tasks/segmentation/prediction/segmenter.h"
#include "tests/support/process.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

class ShippedSegmenter : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedSegmenter, GivesTheMapsOfTheCommand) {
  const std::string model = std::string(MULTIPOLE_SOURCE_DIR) + "/models/multipole_nano_camvid.safetensors";
  const test::TemporaryFolder folder;
  const auto blocks = torch::randint(0, 256, {test::random_int(10, 16), test::random_int(10, 16), 3}, torch::kUInt8);
  const auto pixels = blocks.repeat_interleave(17, 0).repeat_interleave(15, 1).contiguous();
  const auto path = folder.write("picture.png", encode_png(pixels));
  const auto result = test::run_multipole({"segment", "predict", "--model", model, "--device", "cpu", "--threads", "1",
                                           "--tile", GetParam(), "--probability", "--uncertainty", "--quiet", "--out",
                                           (folder / "out").string(), path.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json line = parse_json(test::read_text(folder / "out/results.jsonl"), "result");

  SegmenterOptions options{.device = "cpu", .threads = 1, .outputs = {.probability = true, .uncertainty = true}};
  options.tiles = parse_tile_options(GetParam(), std::nullopt);
  const Segmenter segmenter(model, options);
  const Segmentation found = segmenter.predict(path);
  EXPECT_EQ(line["tiles"], found.run.plan.num_tiles());
  EXPECT_EQ(line["width"], found.run.plan.width);
  EXPECT_EQ(line["height"], found.run.plan.height);
  for (size_t i = 0; i < segmenter.classes().size(); ++i) {
    EXPECT_EQ(line["classes"][i]["class"], segmenter.classes()[i]);
    const double share = found.classes.eq(static_cast<int64_t>(i)).to(torch::kDouble).mean().item<double>();
    EXPECT_NEAR(line["classes"][i]["share"].get<double>(), share, 1e-6);
  }
  std::vector<torch::Tensor> colors;
  for (const auto& color : segmenter.palette()) {
    colors.push_back(torch::tensor({int64_t{color[0]}, int64_t{color[1]}, int64_t{color[2]}}).to(torch::kUInt8));
  }
  const auto painted = torch::stack(colors).index_select(0, found.classes.flatten().to(torch::kLong));
  EXPECT_TRUE(read_image(folder / "out/picture.png").view({-1, 3}).equal(painted));
  const auto gray = [&](const std::string& name) { return read_image(folder / ("out/" + name)).select(2, 0); };
  EXPECT_TRUE(gray("picture.probability.png").equal(found.probability));
  EXPECT_TRUE(gray("picture.uncertainty.png").equal(found.uncertainty));
}

INSTANTIATE_TEST_SUITE_P(WholeAndTiles, ShippedSegmenter, ::testing::Values("none", "128", "auto"));

}  // namespace
}  // namespace multipole
