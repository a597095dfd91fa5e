// Masks as people have them: 0 and 255, other names of folders, no list of classes, colours that stand for classes.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "tests/datasets/segmentation/blob_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class MaskValues : public ::testing::Test {
 protected:
  std::string data() const { return (root_ / "data").string(); }
  void write_classes(const std::string& text) { root_.write("data/classes.txt", test::to_bytes(text)); }
  // The same few pixels in train and val.
  void write_masks(const std::vector<test::Bytes>& masks, const std::vector<int64_t>& size = {12, 12}) {
    for (size_t i = 0; i < masks.size(); ++i) {
      for (const std::string split : {"train", "val"}) {
        const std::string name = split + "/" + std::to_string(i) + ".png";
        root_.write("data/images/" + name, encode_png(torch::randint(256, {size[0], size[1], 3}, torch::kUInt8)));
        root_.write("data/annotations/" + name, masks[i]);
      }
    }
  }
  test::ProcessResult check(Words words) const {
    words.insert(words.begin(), {"data", "check", data(), "--quiet"});
    return run_multipole(words);
  }
  test::ProcessResult train(Words words) const {
    const Words start = {"segment",  "train",
                         "--data",   data(),
                         "--out",    (root_ / "run").string(),
                         "--set",    "model.backbone.depths=[1,1,1,1]",
                         "--set",    "augmentation.crop_size=[16,16]",
                         "--set",    "train.batch_size=2",
                         "--set",    "model.head.channels=8",
                         "--epochs", "1"};
    words.insert(words.begin(), start.begin(), start.end());
    return run_multipole(words);
  }
  // The pixels of each class in the first split, by `data check`.
  std::vector<int64_t> pixels(Words words) const {
    words.insert(words.end(), {"--json", "-"});
    const auto result = check(words);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    std::vector<int64_t> counts;
    if (result.exit_code != 0) return counts;
    const Json json = parse_json(result.out, "check");
    for (const auto& row : json["splits"][0]["classes"]) counts.push_back(row["pixels"].get<int64_t>());
    return counts;
  }

  test::TemporaryFolder root_;
};

// A left half of `first` and a right half of `second`.
torch::Tensor halves(int64_t first, int64_t second) {
  return torch::cat({torch::full({12, 6}, first, torch::kInt), torch::full({12, 6}, second, torch::kInt)}, 1);
}

TEST_F(MaskValues, ZeroAnd255AreTheTwoClasses) {
  write_classes("background\ncell\n");
  write_masks({test::encode_mask(halves(0, 255)), test::encode_mask(halves(0, 0))});
  EXPECT_EQ(pixels({}), (std::vector<int64_t>{3 * 72, 72}));
  const auto told = check({});
  EXPECT_TRUE(has(told.out, "the masks hold 0 and 255: 255 is taken for 'cell'")) << told.out;
  EXPECT_TRUE(has(told.out, "--ignore-index 255")) << told.out;
  const auto trained = train({});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_TRUE(has(trained.err, "255 is taken for 'cell'")) << trained.err;
  EXPECT_FALSE(has(trained.out, "100.00%")) << trained.out;

  const auto ignored = check({"--ignore-index", "255"});
  EXPECT_EQ(ignored.exit_code, 2) << ignored.out;
  EXPECT_TRUE(has(ignored.out, "no pixel of 'cell'")) << ignored.out;
  const auto refused = train({"--set", "data.ignore_index=255", "--force"});
  EXPECT_EQ(refused.exit_code, 2) << refused.err << refused.out;
  EXPECT_TRUE(has(refused.err, "'background' alone")) << refused.err;
}

TEST_F(MaskValues, With255AmongOtherValuesItIsIgnored) {
  write_classes("background\ncell\n");
  write_masks({test::encode_mask(halves(0, 255)), test::encode_mask(halves(0, 1))});
  EXPECT_EQ(pixels({}), (std::vector<int64_t>{2 * 72, 72}));
  EXPECT_EQ(pixels({"--ignore-index", "-1"}), (std::vector<int64_t>{2 * 72, 2 * 72}));
}

TEST_F(MaskValues, AClassWithoutAPixelIsNamed) {
  write_classes("a\nb\nc\n");
  write_masks({test::encode_mask(halves(0, 1)), test::encode_mask(halves(1, 0))});
  const auto checked = check({"--json", (root_ / "r.json").string()});
  EXPECT_EQ(checked.exit_code, 2) << checked.out;
  EXPECT_TRUE(has(checked.out, "no pixel of 'c'")) << checked.out;
  EXPECT_EQ(read_json_file(root_ / "r.json")["splits"][0]["absent_classes"], Json({"c"}));
  const auto trained = train({});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_TRUE(has(trained.err, "no pixel of 'c'")) << trained.err;
}

TEST_F(MaskValues, AColorMapSpeaksOfGrayAndPaletteMasks) {
  write_classes("background\ncell\n");
  test::write_text(root_ / "colors.txt", "0 0 0\tbackground\n128 128 128\tignore\n255 255 255\tcell\n10 20 30\tcell\n");
  auto gray = halves(0, 255);
  gray.select(0, 0).fill_(128);
  test::RawPng palette{.width = 12, .height = 12, .bit_depth = 8, .color_type = 3};
  palette.palette = {10, 20, 30, 0, 0, 0};
  palette.rows = test::Bytes(144, 0);
  test::RawPng bits{.width = 12, .height = 12, .bit_depth = 1, .color_type = 0};
  for (int row = 0; row < 12; ++row) bits.rows.insert(bits.rows.end(), {0x03, 0xf0});  // white from column 6 on
  write_masks({test::encode_mask(gray), test::encode_raw_png(palette), test::encode_raw_png(bits)});
  const std::string map = (root_ / "colors.txt").string();
  EXPECT_EQ(pixels({"--color-map", map}), (std::vector<int64_t>{66 + 72, 66 + 144 + 72}));
  write_masks({test::encode_mask(halves(0, 7))});
  const auto unknown = check({"--color-map", map});
  EXPECT_EQ(unknown.exit_code, 3) << unknown.out;
  EXPECT_TRUE(has(unknown.out, "0.png: the colour #070707 at row 0, column 6")) << unknown.out;
  write_masks({test::encode_mask(halves(0, 7), 16)});
  EXPECT_TRUE(has(check({"--color-map", map}).out, "16 bits")) << check({"--color-map", map}).out;
  EXPECT_EQ(check({"--color-map", map, "--ignore-index", "3"}).exit_code, 2);
}

TEST_F(MaskValues, WithoutAListOfClassesTheValuesAreShown) {
  write_masks({test::encode_mask(halves(0, 3)), test::encode_mask(halves(7, 0))});
  for (const auto& result : {check({}), train({})}) {
    EXPECT_EQ(result.exit_code, 2) << result.out;
    const std::string said = result.out + result.err;
    EXPECT_TRUE(has(said, (root_ / "data/classes.txt").string())) << said;
    EXPECT_TRUE(has(said, "0, 3, 7")) << said;
    EXPECT_TRUE(has(said, "name a line")) << said;
  }
  write_masks({test::encode_mask(halves(0, 255)), test::encode_mask(halves(255, 0))});
  EXPECT_EQ(pixels({}), (std::vector<int64_t>{2 * 72, 2 * 72}));
  EXPECT_TRUE(has(check({}).out, "'background' and 'foreground'")) << check({}).out;
}

TEST_F(MaskValues, CommonNamesOfFoldersAreTaken) {
  for (const auto& [images, masks] : std::vector<std::pair<std::string, std::string>>{
           {"image", "label"}, {"images", "labels"}, {"Images", "Masks"}, {"imgs", "mask"}}) {
    const test::TemporaryFolder root;
    test::write_blobs(root, images, masks, 5);
    const auto result = run_multipole({"data", "check", root.path().string(), "--quiet", "--json", "-"});
    EXPECT_EQ(result.exit_code, 0) << images << ": " << result.err << result.out;
    if (result.exit_code != 0) continue;
    const Json json = parse_json(result.out, "check");
    ASSERT_EQ(json.value("task", ""), "segmentation") << images << " is not taken for pictures with masks";
    EXPECT_EQ(json["splits"][0]["pictures"].get<int>() + json["splits"][1]["pictures"].get<int>(), 5) << images;
  }
}

TEST_F(MaskValues, AFolderThatIsNotUnderstoodSaysWhatToMake) {
  root_.write("data/pictures_of_may/a.png", encode_png(torch::zeros({4, 4, 3}, torch::kUInt8)));
  const auto result = train({});
  EXPECT_EQ(result.exit_code, 2) << result.out;
  for (const std::string part : {"images/", "masks/", "classes.txt", "pictures_of_may"}) {
    EXPECT_TRUE(has(result.err, part)) << part << " is not in: " << result.err;
  }
}

}  // namespace
}  // namespace multipole
