// Large rasters as training and evaluation see them.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <limits>
#include <set>

#include "base/error.h"
#include "datasets/segmentation/census.h"
#include "datasets/segmentation/segmentation_blocks.h"
#include "tests/datasets/rasters/raster_fixtures.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

constexpr const char* kPolygons = R"({"type":"FeatureCollection","features":[
  {"type":"Feature","properties":{"class":"wheat"},"geometry":{"type":"Polygon","coordinates":
    [[[0,0],[40,0],[40,150],[0,150],[0,0]]]}},
  {"type":"Feature","properties":{"class":"maize"},"geometry":{"type":"Polygon","coordinates":
    [[[60,0],[140,0],[140,90],[60,90],[60,0]]]}}]})";

std::string error_of(const std::function<void()>& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class Blocks : public ::testing::Test {
 protected:
  // A raster and its labels, a TIFF each.
  void write(const std::string& name, int64_t height, int64_t width, const std::optional<GeoTags>& place = {}) {
    for (const char* folder : {"images", "masks"})
      std::filesystem::create_directories((root_ / folder / name).parent_path());
    numbers_ = test::random_numbers(height, width, 4, SampleType::kUInt16);
    ids_ = torch::randint(2, {height, width}, torch::kLong);
    test::write_raster(root_ / "images" / (name + ".tif"), numbers_, {.tile = 32, .place = place});
    test::write_raster(root_ / "masks" / (name + ".tif"), ids_.to(torch::kDouble).unsqueeze(2),
                       {.type = SampleType::kUInt8, .place = place});
    test::write_text(root_ / "classes.txt", "a\nb\n");
  }
  std::shared_ptr<const SegmentationDataset> open(SegmentationSplitOptions split, const MaskOptions& masks = {}) const {
    DecodeOptions decode;
    decode.bands.chosen = {2, 4};
    decode.bands.low = {0, 0};
    decode.bands.high = {65535, 65535};
    return open_segmentation_data(root_.path, split, masks, decode);
  }

  struct Root : test::TemporaryFolder {
    const std::filesystem::path path = test::TemporaryFolder::path();
  } root_;
  torch::Tensor numbers_, ids_;
};

// The part that "images/a.tif[0:10,20:30]" names.
CropBox box_of(const std::string& name) {
  CropBox box;
  int64_t bottom = 0, right = 0;
  const auto at = name.rfind('[');
  std::sscanf(name.c_str() + at, "[%ld:%ld,%ld:%ld]", &box.top, &bottom, &box.left, &right);
  box.height = bottom - box.top;
  box.width = right - box.left;
  return box;
}

TEST_F(Blocks, OfALoneRasterMakeTheSplit) {
  write("a", 200, 150);
  const auto train = open({.split = "train", .block_gap = 5}), val = open({.split = "val", .block_gap = 5});
  EXPECT_NE(train->description().find("blocks of ground"), std::string::npos) << train->description();
  EXPECT_NE(train->description().find("leaves out 5 pixels"), std::string::npos) << train->description();
  auto seen = torch::zeros({200, 150}, torch::kInt);
  for (const auto& [data, mark] : {std::pair{train, 1}, {val, 2}}) {
    for (int64_t i = 0; i < data->size(); ++i) {
      const CropBox box = box_of(data->image_name(i));
      const Sample sample = data->get(i);
      const auto cut = [&](const torch::Tensor& whole) {
        return whole.narrow(0, box.top, box.height).narrow(1, box.left, box.width);
      };
      EXPECT_TRUE(cut(seen).eq(0).all().item<bool>());
      cut(seen).fill_(mark);
      EXPECT_TRUE(sample.mask.equal(cut(ids_).to(torch::kByte)));
      const auto bytes = (cut(numbers_).index_select(2, torch::tensor({1, 3})) * 255 / 65535).round().to(torch::kInt);
      EXPECT_TRUE(sample.image.to(torch::kInt).sub(bytes).abs().le(1).all().item<bool>());
      EXPECT_EQ(sample.path, data->path(i));
      EXPECT_NE(sample.path.find("images/a.tif["), std::string::npos);
    }
  }
  // no pixel of training within five of validation
  const auto near = torch::max_pool2d(seen.eq(2).to(torch::kFloat).unsqueeze(0), {11, 11}, {1, 1}, {5, 5})[0].gt(0);
  EXPECT_FALSE(seen.eq(1).logical_and(near).any().item<bool>());
  EXPECT_EQ(train->pictures(), (std::vector<std::filesystem::path>{root_ / "images/a.tif"}));
  const auto census = take_census(*val, 2, 2);
  EXPECT_EQ(census.labelled_pixels(), seen.eq(2).sum().item<int64_t>());
}

TEST_F(Blocks, TheSeedAndTheFoldsDecide) {
  write("a", 256, 256);
  std::set<std::string> held_out;
  for (int64_t fold = 1; fold <= 3; ++fold) {
    const auto val = open({.split = "val", .folds = 3, .fold = fold});
    EXPECT_NE(val->description().find("fold " + std::to_string(fold) + " of 3"), std::string::npos)
        << val->description();
    for (int64_t i = 0; i < val->size(); ++i) EXPECT_TRUE(held_out.insert(val->image_name(i)).second);
  }
  EXPECT_EQ(held_out.size(), 4u);
  const auto names = [&](uint64_t seed) {
    const auto val = open({.split = "val", .val_fraction = 0.5, .split_seed = seed, .block = 32});
    std::set<std::string> all;
    for (int64_t i = 0; i < val->size(); ++i) all.insert(val->image_name(i));
    return all;
  };
  EXPECT_EQ(names(1), names(1));
  EXPECT_NE(names(1), names(2));
}

TEST_F(Blocks, FoldersOfSplitsAndManyPicturesKeepTheirSplit) {
  write("train/a", 100, 100);
  write("val/b", 100, 100);
  const auto train = open({.split = "train", .block = 50});
  EXPECT_EQ(train->size(), 4);
  EXPECT_NE(train->description().find("in 4 blocks of ground of 50 x 50 pixels"), std::string::npos)
      << train->description();
  EXPECT_EQ(open({.split = "val", .block = 50})->size(), 4);
  EXPECT_EQ(open({.split = "train"})->size(), 1) << "small pictures stay whole";
}

TEST_F(Blocks, TenPicturesAreHeldOutWhole) {
  for (int i = 0; i < 10; ++i) write("p" + std::to_string(i), 64, 64);
  std::set<std::string> pictures;
  const auto val = open({.split = "val", .block = 32});
  for (int64_t i = 0; i < val->size(); ++i) pictures.insert(val->image_name(i).substr(0, 14));
  EXPECT_EQ(val->size(), 8);
  EXPECT_EQ(pictures.size(), 2u);
}

TEST_F(Blocks, PolygonsAreDrawn) {
  write("a", 200, 150);
  std::filesystem::remove(root_ / "masks/a.tif");
  std::filesystem::remove(root_ / "classes.txt");
  test::write_text(root_ / "masks/a.geojson", kPolygons);
  const auto train = open({.split = "train", .block_gap = 0}),
             val = open({.split = "val", .block_gap = 0}, train->masks());
  const std::vector<std::string> classes = {"background", "maize", "wheat"};
  EXPECT_EQ(train->class_names(), classes);
  EXPECT_NE(train->description().find("pixels in no polygon are 'background'"), std::string::npos);
  std::vector<int64_t> pixels(3);
  for (const auto& data : {train, val}) {
    const auto census = take_census(*data, 3, 1);
    for (size_t label = 0; label < 3; ++label) pixels[label] += census.class_pixels[label];
  }
  EXPECT_EQ(pixels, (std::vector<int64_t>{200 * 150 - 40 * 150 - 80 * 90, 80 * 90, 40 * 150}));
  EXPECT_EQ(take_census(*open({.split = "val"}, {.outside = "ignore"}), 2, 1).ignored_pixels > 0, true);
  // small pictures have them, too
  const auto whole = open({.split = "train", .block = -1});
  EXPECT_EQ(take_census(*whole, 3, 1).class_pixels, pixels);
}

TEST_F(Blocks, PixelsWithoutDataAreIgnored) {
  write("a", 200, 150);
  auto holes = torch::rand({200, 150, 4}, torch::kDouble);
  const auto none = torch::rand({200, 150}).lt(0.1);
  holes.select(2, 3).masked_fill_(none, std::numeric_limits<double>::quiet_NaN());
  test::write_raster(root_ / "images/a.tif", holes, {.type = SampleType::kFloat32, .tile = 32});
  for (const std::string split : {"train", "val"}) {
    const auto data = open({.split = split});
    const Sample sample = data->get(0);
    const CropBox box = box_of(data->image_name(0));
    const auto expected = none.narrow(0, box.top, box.height).narrow(1, box.left, box.width);
    EXPECT_TRUE(sample.mask.eq(255).equal(expected));
    EXPECT_EQ(sample.nodata_pixels, expected.sum().item<int64_t>());
    ASSERT_EQ(sample.notes.size(), 1u);
    EXPECT_NE(sample.notes[0].find("NaN"), std::string::npos);
  }
}

TEST_F(Blocks, LabelsOfOtherSizeOrGroundAreRefused) {
  write("a", 200, 200, test::north_up_tags(500000, 4000000, 2, 32633));
  EXPECT_NO_THROW(open({}));
  const auto labels = ids_.to(torch::kDouble).unsqueeze(2);
  const auto with_place = [&](const GeoTags& place) {
    test::write_raster(root_ / "masks/a.tif", labels, {.type = SampleType::kUInt8, .place = place});
    const std::string cut = error_of([&] { open({}); });
    EXPECT_EQ(error_of([&] { open({.block = -1})->get(0); }), cut) << "whole pictures are checked alike";
    return cut;
  };
  EXPECT_NE(with_place(test::north_up_tags(500002, 4000000, 2, 32633))
                .find("masks/a.tif: the mask's pixel at column 0, row 0 lies at (500002.0"),
            std::string::npos);
  EXPECT_NE(with_place(test::north_up_tags(500000, 4000000, 2, 32632)).find("EPSG:32632, and not EPSG:32633"),
            std::string::npos);
  EXPECT_NE(with_place(test::north_up_tags(500000, 4000000, 2.01, 32633)).find("column 1000"), std::string::npos);
  test::write_raster(root_ / "masks/a.tif", labels.slice(0, 0, 199), {.type = SampleType::kUInt8});
  EXPECT_NE(error_of([&] { open({}); }).find("the mask is 200 x 199 pixels, but its picture"), std::string::npos);
}

TEST_F(Blocks, OneBlockIsNoSplit) {
  write("a", 60, 60);
  EXPECT_EQ(open({})->get(0).image.size(0), 60) << "a small picture stays whole";
  EXPECT_NE(error_of([&] { open({.block = 60}); }).find("cannot be cut of one block of 60 x 60 pixels"),
            std::string::npos);
  EXPECT_GT(open({.block = 32, .block_gap = 0})->size(), 0);
  EXPECT_NE(error_of([&] { open({.block = 32, .block_gap = 100}); }).find("data.block_gap=100"), std::string::npos);
}

}  // namespace
}  // namespace multipole
