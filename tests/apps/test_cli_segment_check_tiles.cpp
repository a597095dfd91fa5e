// `segment predict --check-tiles`: what it measures, where it says it, and that maps are what they are without it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "datasets/pictures/image_encode.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/segment_command.h"

namespace multipole {
namespace {

using test::noise;

class SegmentCheckTiles : public test::SegmentCommand {
 protected:
  std::string picture(const std::string& name, int64_t height, int64_t width) {
    return folder_.write(name, encode_png(noise(height, width))).string();
  }
  std::string bytes_of_map(const std::string& name) const { return test::read_text(out(name)); }
};

TEST_F(SegmentCheckTiles, WhereTilesAndWholeDiffer) {
  const auto path = picture("p.png", 150, 210);
  const std::vector<std::string> tiles = {"--tile", "96", "--overlap", "32", path};
  ASSERT_EQ(predict({"--tile", "none", path}).exit_code, 0);
  const auto whole = map_ids("p.png");
  ASSERT_EQ(predict(tiles).exit_code, 0);
  const auto cut = map_ids("p.png");
  const std::string bytes = bytes_of_map("p.png");
  std::vector<std::string> words = tiles;
  words.insert(words.begin(), "--check-tiles");
  const auto result = predict(words);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files(), (std::vector<std::string>{"p.png", "p.tiles.png", "results.jsonl"}));
  EXPECT_EQ(bytes_of_map("p.png"), bytes);
  const Json check = results()[0]["tile_check"];
  const auto same = whole.eq(cut);
  EXPECT_EQ(check["pixels"], 150 * 210);
  EXPECT_NEAR(check["alike"].get<double>(), same.to(torch::kDouble).mean().item<double>(), 1e-12);
  EXPECT_EQ(check["picture"], out("p.tiles.png").string());
  EXPECT_EQ(check["coarse_view"], false);
  EXPECT_EQ(check["overlap"], 32);
  EXPECT_FALSE(check.contains("part"));
  for (const auto& row : check["classes"]) {
    const int64_t index = row["index"];
    EXPECT_EQ(row["both"], (whole.eq(index) & cut.eq(index)).sum().item<int64_t>());
    EXPECT_EQ(row["either"], (whole.eq(index) | cut.eq(index)).sum().item<int64_t>());
  }
  const auto shown = read_image(out("p.tiles.png"));
  EXPECT_TRUE(shown.select(2, 2).eq(60).equal(same.logical_not())) << "red where they differ";
  EXPECT_NE(result.err.find(" of 31500 pixels alike in 3 x 2 tiles of up to 96 x 96 and whole\n"), std::string::npos)
      << result.err;
  for (const char* line : {"tiles and whole: 1 picture compared; the model has no coarse view", "0 to 15", "a \"tree\"",
                           "         31500\n"}) {
    EXPECT_NE(result.out.find(line), std::string::npos) << line << result.out;
  }
}

TEST_F(SegmentCheckTiles, OfManyPicturesAndAgain) {
  picture("in/a.png", 150, 210);
  picture("in/b.png", 40, 50);
  folder_.write("in/c.png", {1, 2, 3});
  const std::string in = (folder_ / "in").string();
  const auto result = predict({"--check-tiles", "--quiet", in});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_NE(result.out.find("1 picture compared, 1 not"), std::string::npos) << result.out;
  EXPECT_EQ(results()[1]["tile_check"]["not_checked"], "it fits into one tile");
  EXPECT_EQ(results()[0]["tile_check"]["tiles"], 4);
  EXPECT_EQ(results()[0]["tiles"], 1) << "the map itself is that of the whole";
  // what is done is not measured again, and the table is of all
  const auto again = predict({"--check-tiles", "--resume", in});
  EXPECT_NE(again.err.find("2 of 3 pictures are done"), std::string::npos) << again.err;
  EXPECT_EQ(again.out, result.out);
  EXPECT_NE(predict({"--resume", in}).err.find("0 of 3"), std::string::npos) << "another run";
}

}  // namespace
}  // namespace multipole
