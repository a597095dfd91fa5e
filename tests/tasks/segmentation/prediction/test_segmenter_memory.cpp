// The segmenter called by several threads, with little memory, and ended from outside.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <atomic>
#include <new>
#include <thread>
#include <vector>

#include "tests/tasks/segmentation/inference/map_keeper.h"
#include "tests/tasks/segmentation/prediction/segmenter_fixture.h"

namespace multipole {
namespace {

using test::kEverything;
using test::kTiles;
using test::kWhole;
using test::MapKeeper;
using test::same;

class SegmenterAtWork : public test::SegmenterOfTensors {};

TEST_F(SegmenterAtWork, SeveralThreadsGetWhatOneGets) {
  write_model_with_context();
  for (const char* precision : {"float32", "bfloat16"}) {
    const Segmenter asked = segmenter({.precision = precision, .tiles = kTiles, .outputs = kEverything});
    std::vector<torch::Tensor> pictures;
    std::vector<Segmentation> expected;
    for (int i = 0; i < 4; ++i) {
      pictures.push_back(picture(40, 110));
      expected.push_back(asked.predict(pictures.back()));
    }
    std::atomic<int> num_wrong{0}, num_done{0};
    {
      std::vector<std::jthread> threads;
      for (size_t t = 0; t < 5; ++t) {
        threads.emplace_back([&, t] {
          for (size_t i = 0; i < 2 * pictures.size(); ++i, ++num_done) {
            const size_t place = (i + t) % pictures.size();
            if (!same(asked.predict(pictures[place]), expected[place])) ++num_wrong;
          }
        });
      }
    }
    EXPECT_EQ(num_done, 5 * 8);
    EXPECT_EQ(num_wrong, 0) << precision;
  }
}

TEST_F(SegmenterAtWork, CallsAtOnceKeepTheirPlansWhenMemoryIsShort) {
  // room for one call and half another
  const Segmenter measuring = segmenter({.tiles = kWhole});
  const auto pixels = picture(380, 420), pixel = picture(1, 1);
  const double most = measuring.predict(pixels).run.plan.bytes, least = measuring.predict(pixel).run.plan.bytes;
  const Segmenter asked = segmenter({.memory_limit = static_cast<int64_t>(most + (most - least) / 2)});
  const auto expected = asked.predict(pixels);
  EXPECT_TRUE(expected.run.plan.is_whole());
  std::atomic<int> num_same{0}, num_calls{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        const auto found = asked.predict(pixels);
        if (found.run.plan.is_whole() && same(found, expected)) ++num_same;
        ++num_calls;
      });
    }
  }
  EXPECT_EQ(num_calls, 4);
  EXPECT_EQ(num_same, 4);
}

// Memory runs out at the first band of the first `failures` attempts.
class ScantSink : public MapKeeper {
 public:
  ScantSink(int64_t height, int64_t width, int failures) : MapKeeper(height, width), failures_(failures) {}
  void begin(int64_t height, int64_t width) override {
    ++num_begun_;
    MapKeeper::begin(height, width);
  }
  void write(const MapBand& band) override {
    MapKeeper::write(band);
    if (num_begun_ <= failures_) throw std::bad_alloc();
  }
  int num_begun() const { return num_begun_; }

 private:
  int failures_, num_begun_ = 0;
};

TEST_F(SegmenterAtWork, OutOfMemoryItTriesAgainInSmallerTiles) {
  const Segmenter asked = segmenter({.tiles = kWhole});
  const auto pixels = torch::randint(0, 256, {90, 520, 3}, torch::kUInt8);
  const PictureOpener open = [&] { return rows_of(pixels); };
  ScantSink map(90, 520, 1);
  int num_retries = 0;
  std::vector<int64_t> widths;
  SegmentObserver observer;
  observer.retrying = [&] { ++num_retries; };
  observer.planned = [&](const SegmentationPlan& plan) { widths.push_back(plan.tile_width); };
  const auto run = asked.segment(open, map, observer);
  EXPECT_EQ(map.num_begun(), 2);
  EXPECT_EQ(num_retries, 1);
  ASSERT_EQ(widths.size(), 2u);
  EXPECT_EQ(widths[0], 520);
  EXPECT_LE(widths[1], 260);
  EXPECT_TRUE(map.is_complete());
  EXPECT_GT(run.plan.num_tiles(), 1);
  const auto expected = segmenter({.tiles = {.mode = TileMode::kFixed, .tile = 260}}).predict(pixels);
  EXPECT_TRUE(map.classes().equal(expected.classes));
  // it gives up before tiles of less than 128 pixels
  ScantSink never(90, 520, 100);
  widths.clear();
  EXPECT_THROW(asked.segment(open, never, observer), std::bad_alloc);
  ASSERT_GE(widths.size(), 2u);
  EXPECT_EQ(never.num_begun(), static_cast<int>(widths.size()));
  for (size_t i = 1; i < widths.size(); ++i) EXPECT_LE(widths[i], widths[i - 1] / 2);
  EXPECT_GE(widths[widths.size() - 2], 256);
  EXPECT_LT(widths.back(), 256);
}

TEST_F(SegmenterAtWork, WhatAnObserverThrowsEndsTheCall) {
  struct Stop {};
  const Segmenter asked = segmenter({.tiles = kTiles});
  const auto pixels = picture(70, 150);
  MapKeeper map(pixels.size(0), pixels.size(1));
  SegmentObserver observer;
  observer.progress = [](int64_t, int64_t) { throw Stop(); };
  EXPECT_THROW(asked.segment([&] { return rows_of(pixels); }, map, observer), Stop);
  EXPECT_NO_THROW(asked.predict(pixels));  // its memory was given back
}

TEST_F(SegmenterAtWork, WhatMemoryCannotHold) {
  const Segmenter asked = segmenter({.memory_limit = 1 << 20});
  EXPECT_THROW(asked.predict(picture(400, 500)), MemoryLimitError);
  const auto results = asked.predict(std::vector<torch::Tensor>{picture(400, 500)});
  EXPECT_NE(results.at(0).error.find("memory"), std::string::npos) << results[0].error;
  const auto forced = segmenter({.tiles = kWhole, .memory_limit = 1 << 20}).predict(picture());
  EXPECT_FALSE(forced.run.plan.fits);
}

}  // namespace
}  // namespace multipole
