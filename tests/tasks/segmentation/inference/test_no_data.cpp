// Pixels without data: out of every answer, whatever the model says of them, and tiles of nothing else are not run.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/error.h"
#include "tasks/segmentation/inference/coarse_picture.h"
#include "tasks/segmentation/inference/row_window.h"
#include "tasks/segmentation/inference/segment_picture.h"
#include "tests/support/random_source.h"
#include "tests/tasks/segmentation/inference/byte_normalizer.h"
#include "tests/tasks/segmentation/inference/map_keeper.h"
#include "tests/tasks/segmentation/inference/masked_rows.h"

namespace multipole {
namespace {

using test::byte_normalizer;
using test::kAllMaps;
using test::MapKeeper;
using test::MaskedRows;
using test::random_int;

// Some rectangles of data in nothing.
torch::Tensor random_validity(int64_t height, int64_t width) {
  auto validity = torch::zeros({height, width}, torch::kBool);
  for (int i = 0; i < 2; ++i) {
    const int64_t top = random_int(0, height - 1), left = random_int(0, width - 1);
    validity.slice(0, top, top + random_int(1, 40)).slice(1, left, left + random_int(1, 40)).fill_(true);
  }
  return validity;
}

TileGrid random_grid(ImageSize size) {
  TileShape shape{.overlap = random_int(0, 12), .alignment = int64_t{1} << random_int(0, 3)};
  shape.tile =
      shape.overlap + (std::max<int64_t>(1, shape.overlap) / shape.alignment + 1) * shape.alignment + random_int(0, 16);
  return make_tile_grid(size, shape);
}

int64_t tiles_with_data(const TileGrid& grid, const torch::Tensor& validity) {
  int64_t count = 0;
  for (const auto& y : grid.rows.spans) {
    for (const auto& x : grid.columns.spans) {
      count += validity.slice(0, y.begin, y.end).slice(1, x.begin, x.end).any().item<bool>();
    }
  }
  return count;
}

// The answer where there is data is that of the picture without a mask; the model is a pixel's own.
TEST(NoData, IsInNoMapAndTilesOfNothingElseAreSkipped) {
  for (int round = 0; round < 25; ++round) {
    const ImageSize size{random_int(1, 120), random_int(1, 120)};
    SCOPED_TRACE(testing::Message() << size.height << " x " << size.width);
    const auto pixels = torch::randint(0, 256, {size.height, size.width, 3}, torch::kUInt8);
    const auto validity =
        round == 0 ? torch::zeros({size.height, size.width}, torch::kBool) : random_validity(size.height, size.width);
    const auto weight = torch::randint(-8, 9, {4, 3, 1, 1}).to(torch::kFloat);
    const auto grid = random_grid(size);
    int64_t calls = 0, told = 0;
    const DenseModel plain = [&](const Images& tile, TileOrigin) {
      return torch::conv2d(tile.pixels.round(), weight) / 256;
    };
    // says nonsense where there is no data
    const DenseModel masked = [&](const Images& tile, TileOrigin origin) {
      ++calls;
      const auto expected = validity.slice(0, origin.top, origin.top + tile.pixels.size(2))
                                .slice(1, origin.left, origin.left + tile.pixels.size(3));
      EXPECT_EQ(tile.validity.defined(), !expected.all().item<bool>());
      if (!tile.validity.defined()) return plain(tile, origin);
      EXPECT_TRUE(tile.validity[0].equal(expected));
      return plain(tile, origin).masked_fill(expected.logical_not(), std::nan(""));
    };
    MapKeeper whole(size.height, size.width), map(size.height, size.width);
    segment_picture(*rows_of(pixels), plain, byte_normalizer(), grid, kAllMaps, whole, [](auto, auto) {});
    MaskedRows rows(pixels, validity);
    const int64_t without =
        segment_picture(rows, masked, byte_normalizer(), grid, kAllMaps, map, [&](auto, auto) { ++told; });
    const auto nothing = validity.logical_not();
    EXPECT_EQ(without, nothing.sum().item<int64_t>());
    EXPECT_EQ(told, grid.num_tiles()) << "skipped ones are done, too";
    EXPECT_EQ(calls, tiles_with_data(grid, validity));
    EXPECT_TRUE(map.is_complete());
    EXPECT_TRUE(map.classes().equal(whole.classes().masked_fill(nothing, kNoDataClass)));
    EXPECT_TRUE(map.probability().equal(whole.probability().masked_fill(nothing, 0)));
    EXPECT_TRUE(map.uncertainty().equal(whole.uncertainty().masked_fill(nothing, 0)));
  }
}

TEST(NoData, AScoreThatIsNoNumberIsRefusedWhereThereIsData) {
  auto validity = torch::ones({20, 30}, torch::kBool);
  validity[4].fill_(false);
  const auto run = [&](int64_t row) {
    const DenseModel model = [row](const Images& tile, TileOrigin) {
      auto logits = torch::zeros({1, 2, tile.pixels.size(2), tile.pixels.size(3)});
      logits.select(2, row).fill_(std::nan(""));
      return logits;
    };
    MaskedRows rows(torch::zeros({20, 30, 3}, torch::kUInt8), validity);
    MapKeeper map(20, 30);
    segment_picture(rows, model, byte_normalizer(), whole_picture_grid({20, 30}), {}, map, [](auto, auto) {});
  };
  EXPECT_NO_THROW(run(4));
  EXPECT_THROW(run(5), Error);
}

TEST(NoData, AWindowKeepsTheValidityOfItsRows) {
  for (int round = 0; round < 20; ++round) {
    const int64_t height = random_int(1, 60), width = random_int(1, 9);
    const auto pixels = torch::randint(0, 256, {height, width, 3}, torch::kUInt8);
    auto validity = torch::ones({height, width}, torch::kBool);
    const int64_t from = random_int(0, height - 1);
    validity.slice(0, from, from + random_int(0, 9)).fill_(false);
    MaskedRows rows(pixels, validity);
    RowWindow window(rows);
    for (int64_t begin = 0, end = 0; end < height;) {
      begin = random_int(begin, end);
      end = random_int(std::max(begin + 1, end), height);
      window.move_to(begin, end);
      const int64_t first = random_int(begin, end - 1), last = random_int(first + 1, end);
      const auto expected = validity.slice(0, first, last), given = window.validity(first, last);
      EXPECT_TRUE(window.rows(first, last).equal(pixels.slice(0, first, last)));
      EXPECT_EQ(given.defined(), !expected.all().item<bool>());
      EXPECT_TRUE(!given.defined() || given.equal(expected));
    }
  }
}

TEST(NoData, ACoarsePixelIsTheMeanOfWhatThereIs) {
  for (int round = 0; round < 10; ++round) {
    const int64_t height = random_int(1, 70), width = random_int(1, 70), most = random_int(1, 30);
    const auto pixels = torch::randint(0, 256, {height, width, 3}, torch::kUInt8);
    const auto validity = random_validity(height, width);
    MaskedRows rows(pixels, validity);
    const auto coarse = read_coarse_picture(rows, most);
    for (int64_t y = 0; y < coarse.pixels.size(0); ++y) {
      for (int64_t x = 0; x < coarse.pixels.size(1); ++x) {
        const auto block = [&](const torch::Tensor& map) {
          return map.slice(0, y * coarse.factor, (y + 1) * coarse.factor)
              .slice(1, x * coarse.factor, (x + 1) * coarse.factor);
        };
        const bool any = block(validity).any().item<bool>();
        EXPECT_EQ(!coarse.validity.defined() || coarse.validity[y][x].item<bool>(), any);
        if (!any) continue;
        const auto mean = block(pixels).index({block(validity)}).to(torch::kDouble).mean(0);
        EXPECT_LE((coarse.pixels[y][x] - mean).abs().max().item<double>(), 0.501);
      }
    }
  }
}

}  // namespace
}  // namespace multipole
