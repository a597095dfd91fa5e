// Tiles against the whole picture: a constant model gives a constant map, a local model exactly the same map, for any
// size, tile and overlap.
#include <gtest/gtest.h>
#include <torch/nn/functional.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <thread>

#include "base/error.h"
#include "engine/runtime/thread_count.h"
#include "tasks/segmentation/inference/coarse_picture.h"
#include "tasks/segmentation/inference/segment_picture.h"
#include "tests/support/random_source.h"
#include "tests/tasks/segmentation/inference/byte_normalizer.h"
#include "tests/tasks/segmentation/inference/map_keeper.h"

namespace multipole {
namespace {

using test::byte_normalizer;
using test::kAllMaps;
using test::MapKeeper;
using test::random_int;

// Whole weights: sums are exact, in whatever order a convolution takes them.
DenseModel local_model(int64_t num_classes, int64_t kernel) {
  const auto weight = torch::randint(-8, 9, {num_classes, 3, kernel, kernel}).to(torch::kFloat);
  return [weight, kernel](const Images& images, TileOrigin) {
    return torch::conv2d(images.pixels.round(), weight, {}, 1, kernel / 2);
  };
}

MapKeeper segment(const torch::Tensor& image, const DenseModel& model, const TileGrid& grid) {
  MapKeeper map(image.size(0), image.size(1));
  const auto picture = rows_of(image);
  int64_t last = 0;
  // the map is the same by any number of threads
  const ThreadCount threads(static_cast<int>(random_int(1, 4)));
  const auto caller = std::this_thread::get_id();
  const auto progress = [&](int64_t done, int64_t total) {
    EXPECT_EQ(done, last + 1);
    EXPECT_EQ(total, grid.num_tiles());
    EXPECT_EQ(std::this_thread::get_id(), caller);
    last = done;
  };
  segment_picture(*picture, model, byte_normalizer(), grid, kAllMaps, map, progress,
                  static_cast<int>(random_int(1, 4)));
  EXPECT_EQ(last, grid.num_tiles());
  EXPECT_TRUE(map.is_complete());
  EXPECT_TRUE(torch::equal(map.pixels(), image));
  return map;
}

struct Case {
  torch::Tensor image;
  TileGrid whole, tiles;
};

Case random_case(int64_t least_overlap) {
  const ImageSize size{random_int(1, 150), random_int(1, 150)};
  TileShape shape;
  shape.alignment = int64_t{1} << random_int(0, 3);
  shape.overlap = random_int(least_overlap, least_overlap + 20);
  shape.tile =
      shape.overlap + (std::max<int64_t>(1, shape.overlap) / shape.alignment + 1) * shape.alignment + random_int(0, 40);
  return {torch::randint(0, 256, {size.height, size.width, 3}, torch::kUInt8), whole_picture_grid(size),
          make_tile_grid(size, shape)};
}

TEST(SegmentPicture, AConstantModelGivesAConstantMap) {
  for (int round = 0; round < 20; ++round) {
    const auto sample = random_case(0);
    const DenseModel constant = [](const Images& images, TileOrigin) {
      return torch::tensor({0.5F, 1.25F, -3.0F})
          .view({1, 3, 1, 1})
          .repeat({1, 1, images.pixels.size(2), images.pixels.size(3)});
    };
    const auto map = segment(sample.image, constant, sample.tiles);
    EXPECT_TRUE(map.classes().eq(1).all().item<bool>());
    EXPECT_TRUE(map.probability().eq(map.probability()[0][0]).all().item<bool>());
    EXPECT_TRUE(map.uncertainty().eq(map.uncertainty()[0][0]).all().item<bool>());
  }
}

TEST(SegmentPicture, ALocalModelsTilesAreExactlyTheWhole) {
  for (int round = 0; round < 30; ++round) {
    const int64_t kernel = round % 2 == 0 ? 1 : 3;
    // a 3 x 3 convolution is wrong in the outermost pixel of a tile, which lies in the context of 4 / 4 pixels
    const auto sample = random_case(kernel == 1 ? 0 : 4);
    const auto model = local_model(random_int(1, 9), kernel);
    const auto whole = segment(sample.image, model, sample.whole);
    const auto tiles = segment(sample.image, model, sample.tiles);
    SCOPED_TRACE("image " + std::to_string(sample.image.size(0)) + " x " + std::to_string(sample.image.size(1)) +
                 ", tiles " + std::to_string(sample.tiles.rows.size()) + " x " +
                 std::to_string(sample.tiles.columns.size()));
    EXPECT_TRUE(torch::equal(tiles.classes(), whole.classes()));
    EXPECT_TRUE(torch::equal(tiles.probability(), whole.probability()));
    EXPECT_TRUE(torch::equal(tiles.uncertainty(), whole.uncertainty()));
  }
}

TEST(SegmentPicture, WholeMapsAreTheModelsOwnAnswer) {
  const auto image = torch::randint(0, 256, {23, 37, 3}, torch::kUInt8);
  const auto model = local_model(5, 3);
  const auto map = segment(image, model, whole_picture_grid({23, 37}));
  const auto probabilities = model(byte_normalizer()(image).unsqueeze(0), {})[0].softmax(0);
  EXPECT_TRUE(torch::equal(map.classes(), probabilities.argmax(0).to(torch::kUInt8)));
  EXPECT_LE((map.probability() / 255.0 - std::get<0>(probabilities.max(0))).abs().max().item<double>(),
            0.5 / 255 + 1e-6);
  const auto entropy = -torch::xlogy(probabilities, probabilities).sum(0) / std::log(5.0);
  EXPECT_LE((map.uncertainty() / 255.0 - entropy).abs().max().item<double>(), 0.5 / 255 + 1e-6);
}

// A model whose answer is the coarse view alone: every tile must have been told its own part of it.
TEST(SegmentPicture, TilesGetTheirOwnPartOfTheCoarseView) {
  for (int round = 0; round < 10; ++round) {
    constexpr int64_t kStride = 4;
    const int64_t height = random_int(1, 40) * kStride, width = random_int(1, 40) * kStride;
    CoarseView view;
    view.factor = random_int(2, 5);
    view.stride = kStride;
    const auto tokens = [&](int64_t pixels) { return (pixels + view.factor * kStride - 1) / (view.factor * kStride); };
    view.map = torch::randn({1, 3, tokens(height), tokens(width)});
    const DenseModel copy = [&](const Images& images, TileOrigin origin) {
      const auto part = sample_view(view, origin, images.pixels.size(2) / kStride, images.pixels.size(3) / kStride);
      return part.repeat_interleave(kStride, 2).repeat_interleave(kStride, 3);
    };
    const auto image = torch::randint(0, 256, {height, width, 3}, torch::kUInt8);
    const auto grid = make_tile_grid({height, width}, {.tile = 32, .overlap = 8, .alignment = kStride});
    EXPECT_TRUE(torch::equal(segment(image, copy, grid).classes(),
                             segment(image, copy, whole_picture_grid({height, width})).classes()))
        << height << " x " << width;
  }
}

TEST(CoarsePicture, IsTheMeanOfEachBlock) {
  const int64_t height = random_int(1, 90), width = random_int(1, 90), most = random_int(1, 30);
  const auto image = torch::randint(0, 256, {height, width, 3}, torch::kUInt8);
  const auto coarse = read_coarse_picture(*rows_of(image), most);
  EXPECT_LE(std::max(coarse.pixels.size(0), coarse.pixels.size(1)), most);
  EXPECT_TRUE(coarse.factor == 1 || (std::max(height, width) - 1) / (coarse.factor - 1) + 1 > most) << "too coarse";
  for (int64_t y = 0; y < coarse.pixels.size(0); ++y) {
    for (int64_t x = 0; x < coarse.pixels.size(1); ++x) {
      const auto block = image.slice(0, y * coarse.factor, (y + 1) * coarse.factor)
                             .slice(1, x * coarse.factor, (x + 1) * coarse.factor)
                             .reshape({-1, 3});
      EXPECT_LE((coarse.pixels[y][x] - block.to(torch::kDouble).mean(0)).abs().max().item<double>(), 0.501);
    }
  }
}

// Where tiles disagree, the map fades from one to the other: logits between the two, no seam, nothing else.
TEST(SegmentPicture, DisagreeingTilesFade) {
  const int64_t width = 100, height = 5;
  const TileGrid grid = make_tile_grid({height, width}, {.tile = 60, .overlap = 20});
  ASSERT_EQ(grid.num_tiles(), 2);
  const DenseModel model = [](const Images& images, TileOrigin origin) {
    const auto first =
        torch::full({1, 1, images.pixels.size(2), images.pixels.size(3)}, origin.left == 0 ? 4.0F : -4.0F);
    return torch::cat({torch::zeros_like(first), first}, 1);
  };
  const auto map = segment(torch::zeros({height, width, 3}, torch::kUInt8), model, grid);
  const auto ids = map.classes()[2];
  const auto& spans = grid.columns.spans;
  const int64_t middle = (spans[0].used_end + spans[1].used_begin) / 2;
  EXPECT_TRUE(ids.slice(0, 0, middle).eq(1).all().item<bool>());
  EXPECT_TRUE(ids.slice(0, middle + 1).eq(0).all().item<bool>());
  const auto probability = map.probability()[2];
  EXPECT_EQ(probability[0].item<int>(), probability[spans[1].used_begin - 1].item<int>());
  for (int64_t x = spans[1].used_begin; x + 1 < middle; ++x) {
    EXPECT_GE(probability[x].item<int>(), probability[x + 1].item<int>()) << x;
  }
}

// Mixed precision gives bfloat16; a GPU may give halves. Whole weights and small sums are exact in all of them.
TEST(SegmentPicture, LogitsMayHaveAnyFloatingType) {
  for (const auto type : {torch::kBFloat16, torch::kHalf, torch::kFloat, torch::kDouble}) {
    const auto image = torch::randint(0, 2, {random_int(70, 150), random_int(70, 150), 3}, torch::kUInt8);
    const auto in_float = local_model(random_int(2, 9), 1);
    const DenseModel model = [&](const Images& images, TileOrigin origin) { return in_float(images, origin).to(type); };
    const ImageSize size{image.size(0), image.size(1)};
    const auto whole = segment(image, model, whole_picture_grid(size));
    const auto tiles = segment(image, model, make_tile_grid(size, {.tile = 48, .overlap = random_int(0, 20)}));
    EXPECT_TRUE(torch::equal(tiles.classes(), whole.classes())) << type;
    EXPECT_TRUE(torch::equal(tiles.probability(), whole.probability())) << type;
    EXPECT_TRUE(torch::equal(whole.classes(), segment(image, in_float, whole_picture_grid(size)).classes())) << type;
  }
}

// argmax names a class for NaN, too.
TEST(SegmentPicture, ScoresThatAreNotFiniteAreRefused) {
  const auto image = torch::zeros({40, 50, 3}, torch::kUInt8);
  // one pixel of every tile, at random, or all of them, so that overlaps meet it too
  const auto picture_with = [&](float value, bool everywhere = false) {
    const DenseModel model = [value, everywhere](const Images& images, TileOrigin) {
      auto logits = torch::zeros({1, 3, images.pixels.size(2), images.pixels.size(3)});
      auto scores = logits[0][1];
      if (everywhere) scores.fill_(value);
      scores[random_int(0, images.pixels.size(2) - 1)][random_int(0, images.pixels.size(3) - 1)] = value;
      return logits;
    };
    MapKeeper map(40, 50);
    segment_picture(*rows_of(image), model, byte_normalizer(), make_tile_grid({40, 50}, {.tile = 30, .overlap = 8}), {},
                    map, [](auto, auto) {});
  };
  EXPECT_NO_THROW(picture_with(3));
  for (int i = 0; i < 20; ++i) {
    EXPECT_NO_THROW(picture_with(-std::numeric_limits<float>::infinity(), i % 2 == 0)) << "a class ruled out answers";
  }
  EXPECT_THROW(picture_with(std::nanf("")), Error);
  EXPECT_THROW(picture_with(std::numeric_limits<float>::infinity()), Error);
}

TEST(SegmentPicture, ASecondRunOverTheReaderIsRefused) {
  const auto picture = rows_of(torch::zeros({4, 4, 3}, torch::kUInt8));
  MapKeeper map(4, 4);
  const TileGrid wrong = whole_picture_grid({4, 5});
  EXPECT_ANY_THROW(segment_picture(*picture, local_model(2, 1), byte_normalizer(), wrong, {}, map, [](auto, auto) {}));
}

}  // namespace
}  // namespace multipole
