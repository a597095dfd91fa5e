// From written pictures back to samples: the writer's layouts, the image folder, the loader over damaged files.
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/loading/loader.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/sources/labelled_pictures.h"
#include "datasets/synthetic/synthetic_writer.h"
#include "tests/datasets/image_fixtures.h"

namespace multipole {
namespace {

TEST(DataOnDisk, WrittenClassificationComesBack) {
  const test::TemporaryFolder folder;
  const SyntheticConfig config{.num_classes = 3, .image_size = 20, .train_images = 9, .val_images = 6};
  write_synthetic(config, folder.path() / "set");
  for (const std::string split : {"train", "val"}) {
    const LabelledPictures read(folder.path() / "set", {.split = split});
    const SyntheticDataset drawn(config, split);
    auto names = synthetic_class_names(config);
    ASSERT_EQ(read.size(), drawn.size());
    for (int64_t i = 0; i < drawn.size(); ++i) {
      // files are numbered as drawn, but lie by class
      bool found = false;
      const Sample wanted = drawn.get(i);
      for (int64_t k = 0; k < read.size(); ++k) {
        const Sample sample = read.get(k);
        if (!torch::equal(sample.image, wanted.image)) continue;
        found = true;
        EXPECT_EQ(read.class_names()[sample.label], names[wanted.label]);
      }
      EXPECT_TRUE(found);
    }
  }
  EXPECT_THROW(write_synthetic(config, folder.path() / "set"), ConfigError) << "the folder is not empty";
}

TEST(DataOnDisk, WrittenSegmentationHasItsLayout) {
  const test::TemporaryFolder folder;
  const SyntheticConfig config{
      .kind = "segment", .num_classes = 4, .image_size = 24, .train_images = 5, .val_images = 4};
  write_synthetic(config, folder.path());
  std::ifstream classes(folder.path() / "classes.txt");
  const std::string text((std::istreambuf_iterator<char>(classes)), {});
  EXPECT_EQ(text, "background\ncircle\nsquare\ntriangle\n");
  const SyntheticDataset drawn(config, "val");
  const auto palette = default_palette();
  for (int64_t i = 0; i < drawn.size(); ++i) {
    const std::string name = "00000" + std::to_string(i) + ".png";
    EXPECT_TRUE(torch::equal(read_image(folder.path() / "images/val" / name), drawn.get(i).image));
    const torch::Tensor colors = read_image(folder.path() / "annotations/val" / name);
    const torch::Tensor mask = drawn.get(i).mask;
    for (int64_t y = 0; y < 24; ++y) {
      for (int64_t x = 0; x < 24; ++x) {
        const int id = mask[y][x].item<int>();
        ASSERT_EQ(colors[y][x][0].item<int>(), palette[id][0]);
        ASSERT_EQ(colors[y][x][1].item<int>(), palette[id][1]);
      }
    }
  }
}

TEST(DataOnDisk, DamagedFilesOfAFolderAreNamedInTheirBatches) {
  const test::TemporaryFolder folder;
  const torch::Tensor image = test::gradient_image(20, 30);
  const test::Bytes jpeg = test::encode_jpeg(image);
  folder.write("train/a/1 good.jpg", jpeg);
  folder.write("train/a/2 cut.jpg", test::Bytes(jpeg.begin(), jpeg.begin() + static_cast<ptrdiff_t>(jpeg.size() / 2)));
  folder.write("train/a/3 empty.png", {});
  folder.write("train/b/4\ntext.jpg", test::to_bytes("<html>not found</html>"));
  folder.write("train/b/5 png named jpg.jpg", encode_png(image));
  folder.write("train/b/6 \xe2\x9c\x93.webp", test::encode_webp(image));
  folder.write("val/a/1.jpg", jpeg);
  const auto dataset = std::make_shared<LabelledPictures>(folder.path(), SplitOptions{});
  const Preprocessing preprocessing{.image_size = 16};
  Loader loader(dataset, make_eval_transform(preprocessing), preprocessing, {.batch_size = 6});
  loader.start_epoch(0);
  const auto batch = loader.next();
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->indices, (std::vector<int64_t>{0, 4, 5}));
  EXPECT_TRUE(torch::equal(batch->labels, torch::tensor({0, 1, 1})));
  ASSERT_EQ(batch->bad.size(), 3u);
  EXPECT_NE(batch->bad[0].reason.find("2 cut.jpg"), std::string::npos);
  EXPECT_NE(batch->bad[1].reason.find("empty"), std::string::npos);
  EXPECT_NE(batch->bad[2].reason.find("not an image: starts with \"<html>"), std::string::npos);
}

}  // namespace
}  // namespace multipole
