// Pictures with masks out of packed data.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/formats/pack_writer.h"
#include "datasets/segmentation/segmentation_dataset.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

ByteView bytes_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<uint8_t>(), static_cast<size_t>(tensor.numel())};
}

struct Picture {
  std::string name;
  torch::Tensor image, mask;
  int64_t split = 0;
};

Picture random_picture(const std::string& name, int64_t split, int64_t num_classes) {
  const int64_t height = test::random_int(1, 20), width = test::random_int(1, 20);
  return {name, torch::randint(0, 256, {height, width, 3}, torch::kUInt8),
          torch::randint(0, num_classes, {height, width}, torch::kUInt8), split};
}

class SegmentationPackTest : public ::testing::Test {
 protected:
  void write(const std::vector<Picture>& pictures, const std::vector<std::string>& classes = {"a\t1 2 3", "b\t4 5 6"}) {
    std::ofstream file(path(), std::ios::binary);
    PackWriter writer([&](const void* data, size_t size) { file.write(static_cast<const char*>(data), size); }, "test",
                      classes, {"training", "val"});
    for (const auto& picture : pictures) {
      PackRecord record;
      record.name = picture.name;
      record.image = bytes_of(picture.image);
      if (picture.mask.defined()) record.mask = bytes_of(picture.mask);
      record.height = picture.image.size(0);
      record.width = picture.image.size(1);
      record.split = picture.split;
      writer.add(record);
    }
    writer.finish();
  }
  std::string pack_error_of(const std::function<void()>& action) const {
    try {
      action();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  std::filesystem::path path() const { return folder_ / "d.pack"; }

  test::TemporaryFolder folder_;
};

TEST_F(SegmentationPackTest, GivesBackWhatWasPackedSplitBySplit) {
  std::vector<Picture> pictures;
  for (int i = 0; i < 6; ++i) pictures.push_back(random_picture("images/" + std::to_string(i), i % 3 == 0, 2));
  write(pictures);
  EXPECT_TRUE(is_segmentation_data(path()));
  EXPECT_EQ(segmentation_splits(path(), "auto"), (std::vector<std::string>{"training", "val"}));
  for (const std::string split : {"train", "val"}) {
    const auto data = open_segmentation_data(path(), {.split = split});
    EXPECT_EQ(data->class_names(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(data->palette()[1], (std::vector<int64_t>{4, 5, 6}));
    int64_t place = 0;
    for (const auto& picture : pictures) {
      if (picture.split != (split == "val")) continue;
      EXPECT_EQ(data->image_name(place), picture.name);
      const Sample sample = data->get(place++);
      EXPECT_TRUE(sample.image.equal(picture.image));
      EXPECT_TRUE(sample.mask.equal(picture.mask));
      EXPECT_EQ(sample.label, -1);
    }
    EXPECT_EQ(data->size(), place);
  }
}

TEST_F(SegmentationPackTest, FoldsHoldEachPictureOutOnce) {
  std::vector<Picture> pictures;
  for (int i = 0; i < 7; ++i) pictures.push_back(random_picture(std::to_string(i), i % 3 == 0, 2));
  write(pictures);
  std::set<std::string> held_out;
  for (int64_t fold = 1; fold <= 3; ++fold) {
    const auto names = [&](const std::string& split) {
      const auto data = open_segmentation_data(path(), {.split = split, .folds = 3, .fold = fold});
      std::set<std::string> found;
      for (int64_t i = 0; i < data->size(); ++i) found.insert(data->image_name(i));
      return found;
    };
    const auto val = names("val");
    held_out.insert(val.begin(), val.end());
    EXPECT_EQ(val.size(), fold == 1 ? 3u : 2u);
    EXPECT_EQ(names("train").size(), 7 - val.size());
  }
  EXPECT_EQ(held_out.size(), 7u);
  EXPECT_NE(pack_error_of([&] { open_segmentation_data(path(), {.split = "val", .folds = 8}); }).find("7 pictures"),
            std::string::npos);
}

TEST_F(SegmentationPackTest, ValuesAreClassesOrIgnored) {
  Picture picture = random_picture("p", 0, 1);
  picture.mask.view({-1})[-1] = 2;
  write({picture});
  const auto last = std::to_string(picture.mask.size(0) - 1);
  EXPECT_NE(pack_error_of([&] { open_segmentation_data(path(), {})->get(0); }).find("value 2 at row " + last),
            std::string::npos);
  const auto ignored = open_segmentation_data(path(), {}, {.ignored_values = {2}})->get(0).mask;
  EXPECT_EQ(ignored.view({-1})[-1].item<int>(), 255);
}

TEST_F(SegmentationPackTest, WhatIsNoDataForSegmentationIsRefused) {
  Picture picture = random_picture("p", 0, 2);
  write({picture});
  const auto refusal = [&](const SegmentationSplitOptions& split, const MaskOptions& masks = {}) {
    return pack_error_of([&] { open_segmentation_data(path(), split, masks); });
  };
  EXPECT_NE(refusal({.split = "extra"}).find("no split 'extra'; found: training, val"), std::string::npos);
  EXPECT_NE(refusal({.split = "val"}).find("no picture in the split 'val'"), std::string::npos);
  EXPECT_NE(refusal({}, {.reduce_zero_label = true}).find("hold class ids"), std::string::npos);
  EXPECT_NE(refusal({}, {.color_map = {.lines = {"0 0 0\ta"}}}).find("hold class ids"), std::string::npos);
  EXPECT_NE(refusal({}, {.ignore_index = 3}).find("hold class ids"), std::string::npos);
  EXPECT_EQ(refusal({.split = "train"}, {.ignore_index = 255}), "no error");
  write({picture}, {"a\t1 2 3", "b\tred"});
  EXPECT_NE(refusal({}).find("class 'b': expected a colour"), std::string::npos);
  picture.mask = torch::Tensor();
  write({picture});
  EXPECT_FALSE(is_segmentation_data(path()));
  EXPECT_NE(refusal({}).find("p has no mask"), std::string::npos);
  test::write_text(path(), "no pack");
  EXPECT_FALSE(is_segmentation_data(path()));
  EXPECT_NE(refusal({}).find("no packed data"), std::string::npos);
}

}  // namespace
}  // namespace multipole
