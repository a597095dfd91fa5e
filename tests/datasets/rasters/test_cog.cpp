// Label maps as cloud-optimised GeoTIFFs: the copies, the order of the file, and how such files are read.
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/utils.h>

#include <array>
#include <map>
#include <vector>

#include "base/error.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/geo_tiff.h"
#include "datasets/pictures/picture_rows.h"
#include "datasets/rasters/label_pyramid.h"
#include "datasets/rasters/raster.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;

// Blobs, with pixels without data among them.
torch::Tensor random_labels(int64_t height, int64_t width) {
  const auto coarse = torch::randint(0, 5, {height / 3 + 1, width / 3 + 1}, torch::kUInt8);
  auto labels = coarse.repeat_interleave(3, 0).repeat_interleave(3, 1).slice(0, 0, height).slice(1, 0, width).clone();
  return labels.masked_fill_(torch::rand({height, width}).lt(0.3), kNodataLabel).contiguous();
}

// The label that most of the four have that are no 255, the first of several.
torch::Tensor halved(const torch::Tensor& labels) {
  const int64_t height = (labels.size(0) + 1) / 2, width = (labels.size(1) + 1) / 2;
  torch::Tensor out = torch::empty({height, width}, torch::kUInt8);
  const auto from = labels.accessor<uint8_t, 2>();
  auto to = out.accessor<uint8_t, 2>();
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      std::vector<int> four;
      std::map<int, int> votes;
      for (const int64_t i : {int64_t{0}, int64_t{1}}) {
        for (const int64_t j : {int64_t{0}, int64_t{1}}) {
          const int label = from[std::min(2 * y + i, labels.size(0) - 1)][std::min(2 * x + j, labels.size(1) - 1)];
          if (label != kNodataLabel) four.push_back(label);
          if (label != kNodataLabel) ++votes[label];
        }
      }
      int best = kNodataLabel;
      for (const int label : four) best = best == kNodataLabel || votes[label] > votes[best] ? label : best;
      to[y][x] = static_cast<uint8_t>(best);
    }
  }
  return out;
}

std::vector<torch::Tensor> pyramid_of(const torch::Tensor& labels) {
  std::vector<torch::Tensor> levels;
  std::vector<int64_t> next;
  constexpr int64_t kTile = LabelPyramid::kTile;
  std::vector<LabelPyramid::Level> sizes;
  LabelPyramid pyramid(labels.size(0), labels.size(1), kNodataLabel, [&](size_t i, const std::vector<uint8_t>& tile) {
    const auto& size = sizes[i];
    const int64_t number = next[i]++, y = number / size.tile_columns() * kTile,
                  x = number % size.tile_columns() * kTile;
    auto place = levels[i].slice(0, y, y + kTile).slice(1, x, x + kTile);
    const auto whole = torch::tensor(at::ArrayRef<uint8_t>(tile), torch::kUInt8).view({kTile, kTile});
    place.copy_(whole.slice(0, 0, place.size(0)).slice(1, 0, place.size(1)));
    EXPECT_TRUE(whole.slice(0, place.size(0)).eq(kNodataLabel).all().item<bool>());
  });
  sizes = pyramid.levels();
  for (const auto& size : sizes) levels.push_back(torch::zeros({size.height, size.width}, torch::kUInt8));
  next.resize(sizes.size(), 0);
  for (int64_t y = 0; y < labels.size(0);) {
    const int64_t count = random_int(1, labels.size(0) - y);
    pyramid.write(labels.data_ptr<uint8_t>() + y * labels.size(1), count);
    y += count;
  }
  for (size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(next[i], sizes[i].tile_rows() * sizes[i].tile_columns());
  return levels;
}

TEST(LabelPyramid, EveryCopyIsHalfOfTheOneBefore) {
  for (int round = 0; round < 4; ++round) {
    const int64_t height = round == 0 ? 1 : random_int(1, 1700), width = round == 1 ? 1 : random_int(1, 1100);
    SCOPED_TRACE(std::to_string(height) + " x " + std::to_string(width));
    const auto labels = random_labels(height, width);
    const auto levels = pyramid_of(labels);
    EXPECT_TRUE(torch::equal(levels[0], labels));
    for (size_t i = 1; i < levels.size(); ++i) EXPECT_TRUE(torch::equal(levels[i], halved(levels[i - 1]))) << i;
    EXPECT_LE(std::max(levels.back().size(0), levels.back().size(1)), LabelPyramid::kTile);
  }
}

struct Page {
  uint64_t offset = 0, first_tile = 0;
  uint32_t width = 0, kind = 0;
};

std::vector<Page> pages_of(const std::filesystem::path& path) {
  std::vector<Page> pages;
  TIFF* const tiff = TIFFOpen(path.c_str(), "r");
  do {
    Page page{TIFFCurrentDirOffset(tiff), TIFFGetStrileOffset(tiff, 0)};
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page.width);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &page.kind);
    pages.push_back(page);
  } while (TIFFReadDirectory(tiff) == 1);
  TIFFClose(tiff);
  return pages;
}

TEST(Cog, DescriptionsComeFirstAndTheSmallestCopysTilesNext) {
  const test::TemporaryFolder folder;
  const auto labels = random_labels(random_int(1030, 1500), random_int(1030, 1500));
  GeoTiffWriter writer(folder / "map.tif", labels.size(0), labels.size(1), default_palette(), {});
  writer.write(labels);
  writer.finish();
  const auto pages = pages_of(folder / "map.tif");
  ASSERT_EQ(pages.size(), 3U);
  for (size_t i = 0; i < pages.size(); ++i) {
    EXPECT_EQ(pages[i].kind, i == 0 ? 0U : static_cast<uint32_t>(FILETYPE_REDUCEDIMAGE));
    if (i == 0) continue;
    EXPECT_GT(pages[i].offset, pages[i - 1].offset);
    EXPECT_LT(pages[i].first_tile, pages[i - 1].first_tile);
  }
  EXPECT_LT(pages[0].offset, 300U);
  EXPECT_GT(pages.back().first_tile, pages.back().offset);

  // and read again: the first page is the picture, the copies are no further pictures, 255 is no data
  const auto rows = open_picture_rows(folder / "map.tif", {});
  rows->read(rows->height());
  EXPECT_EQ(rows->notes(), std::vector<std::string>());
  EXPECT_TRUE(torch::equal(rows->read_validity(), labels.ne(kNodataLabel)));
  const auto raster = open_raster(folder / "map.tif", {1}, {});
  EXPECT_TRUE(torch::equal(raster->read(labels.size(0)).numbers.squeeze(2), labels.to(torch::kDouble)));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().filename(), "map.tif") << "nothing is left beside it";
  }
}

TEST(Cog, WhereEveryLabelIsAClassNoneIsNoData) {
  const test::TemporaryFolder folder;
  const auto labels = torch::randint(0, 256, {30, 40}, torch::kUInt8);
  GeoTiffWriter writer(folder / "map.tif", 30, 40, default_palette(), {}, std::nullopt);
  writer.write(labels);
  writer.finish();
  EXPECT_FALSE(open_raster(folder / "map.tif", {1}, {})->header().nodata.has_value());
  EXPECT_THROW(GeoTiffWriter(folder / "absent" / "c.tif", 4, 4, default_palette(), {}), ResourceError);
}

}  // namespace
}  // namespace multipole
