// The segmenter with pictures as tensors: the model's own answers, whole and in tiles, streamed, from several threads.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <atomic>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "heads/metrics/answers.h"
#include "tasks/segmentation/inference/inference_plan.h"
#include "tasks/segmentation/inference/segment_picture.h"
#include "tasks/segmentation/prediction/segmenter.h"
#include "tests/support/random_source.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/tasks/segmentation/inference/map_keeper.h"

namespace multipole {
namespace {

using test::MapKeeper;
using test::random_int;

static_assert(std::is_nothrow_move_constructible_v<Segmenter> && !std::is_copy_constructible_v<Segmenter>);

constexpr TileOptions kWhole = {.mode = TileMode::kNone},
                      kTiles = {.mode = TileMode::kFixed, .tile = 64, .overlap = 32};
constexpr MapOutputs kEverything = {.probability = true, .uncertainty = true};

bool same(const Segmentation& a, const Segmentation& b) {
  const auto alike = [](const torch::Tensor& x, const torch::Tensor& y) {
    return x.defined() == y.defined() && (!x.defined() || x.equal(y));
  };
  return alike(a.classes, b.classes) && alike(a.probability, b.probability) && alike(a.uncertainty, b.uncertainty);
}

class SegmenterOfTensors : public ::testing::Test {
 protected:
  SegmenterOfTensors() { test::write_random_segmenter(model(), {"sky", "road", "tree"}); }

  std::filesystem::path model() const { return folder_ / "model"; }
  Segmenter segmenter(SegmenterOptions options = {}) const {
    options.device = "cpu";
    return Segmenter(model(), options);
  }
  static torch::Tensor picture(int64_t least = 1, int64_t most = 150) {
    return torch::randint(0, 256, {random_int(least, most), random_int(least, most), 3}, torch::kUInt8);
  }
  // A model file whose head takes a coarse view of the whole picture, with weights that make use of it.
  void write_model_with_context() const {
    ModelMetadata metadata = load_model(model()).metadata;
    metadata.architecture.head["context"] = true;
    VisionModel made(metadata.architecture);
    const torch::NoGradGuard no_grad;
    for (auto& item : made->named_parameters()) {
      if (item.key().starts_with("head.context")) item.value().normal_();
    }
    save_model(model(), *made, metadata);
  }

  test::TemporaryFolder folder_;
};

TEST_F(SegmenterOfTensors, SaysWhatTheModelSays) {
  const Segmenter asked = segmenter({.tiles = kWhole, .outputs = kEverything});
  EXPECT_EQ(asked.classes(), (std::vector<std::string>{"sky", "road", "tree"}));
  ASSERT_EQ(asked.palette().size(), 256u);
  EXPECT_EQ(asked.palette()[2], (PaletteColor{20, 0, 255}));
  EXPECT_EQ(asked.precision(), "float32");
  EXPECT_TRUE(asked.device().is_cpu());
  EXPECT_GT(asked.memory_limit(), 0);
  LoadedModel loaded = load_model(model());
  const Normalizer normalizer(config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing"));
  const torch::NoGradGuard no_grad;
  for (int i = 0; i < 3; ++i) {
    const auto pixels = picture();
    const auto probabilities = loaded.model->forward(normalizer(pixels).unsqueeze(0))[0].softmax(0);
    const Segmentation found = asked.predict(pixels);
    EXPECT_TRUE(found.classes.equal(probabilities.argmax(0).to(torch::kUInt8)));
    EXPECT_LE((found.probability / 255.0 - probabilities.amax(0)).abs().max().item<double>(), 0.5 / 255 + 1e-5);
    EXPECT_EQ(found.uncertainty.sizes(), found.classes.sizes());
    EXPECT_TRUE(found.run.plan.is_whole());
    EXPECT_EQ(found.run.plan.height, pixels.size(0));
    EXPECT_EQ(found.run.plan.tile_width, pixels.size(1));
    EXPECT_EQ(found.run.precision, "float32");
    EXPECT_EQ(found.error, "");
  }
}

TEST_F(SegmenterOfTensors, MapsAreTheCallersToChange) {
  const auto found = segmenter().predict(picture());
  EXPECT_FALSE(found.probability.defined());
  EXPECT_FALSE(found.uncertainty.defined());
  found.classes.add_(1);  // would throw for a tensor of inference
}

TEST_F(SegmenterOfTensors, TilesAreThoseOfSegmentPicture) {
  const Segmenter asked = segmenter({.tiles = kTiles, .outputs = kEverything});
  LoadedModel loaded = load_model(model());
  const Normalizer normalizer(config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing"));
  const int64_t stride = loaded.model->backbone()->feature_info().back().stride;
  const torch::NoGradGuard no_grad;
  const auto pixels = picture(70, 150);
  const TileGrid grid =
      make_tile_grid({pixels.size(0), pixels.size(1)}, {.tile = 64, .overlap = 32, .alignment = stride});
  MapKeeper expected(pixels.size(0), pixels.size(1));
  segment_picture(
      *rows_of(pixels), [&](const torch::Tensor& tile, TileOrigin) { return loaded.model->forward(tile); }, normalizer,
      grid, kEverything, expected, [](int64_t, int64_t) {});
  const auto found = asked.predict(pixels);
  EXPECT_TRUE(found.classes.equal(expected.classes()));
  EXPECT_TRUE(found.probability.equal(expected.probability()));
  EXPECT_TRUE(found.uncertainty.equal(expected.uncertainty()));
  EXPECT_EQ(found.run.plan.num_tiles(), grid.num_tiles());
  EXPECT_GT(grid.num_tiles(), 1);
  EXPECT_EQ(found.run.plan.overlap, 32);
  EXPECT_EQ(found.run.plan.tile_height, grid.rows.longest());
}

TEST_F(SegmenterOfTensors, StreamedIsTheSame) {
  for (const bool context : {false, true}) {
    if (context) write_model_with_context();
    const Segmenter asked = segmenter({.tiles = kTiles, .outputs = kEverything});
    const auto pixels = picture(70, 150);
    const auto expected = asked.predict(pixels);
    MapKeeper map(pixels.size(0), pixels.size(1));
    int num_opened = 0, num_planned = 0;
    int64_t last = 0;
    SegmentObserver observer;
    observer.planned = [&](const SegmentationPlan& plan) {
      ++num_planned;
      EXPECT_EQ(plan.num_tiles(), expected.run.plan.num_tiles());
      EXPECT_EQ(last, 0);
    };
    observer.retrying = [] { FAIL(); };
    observer.progress = [&](int64_t done, int64_t total) {
      EXPECT_EQ(done, ++last);
      EXPECT_EQ(total, expected.run.plan.num_tiles());
    };
    const PictureOpener open = [&] {
      ++num_opened;
      return rows_of(pixels, {"a note"});
    };
    const SegmentationRun run = asked.segment(open, map, observer);
    EXPECT_TRUE(map.is_complete());
    EXPECT_TRUE(map.pixels().equal(pixels));
    EXPECT_TRUE(map.classes().equal(expected.classes));
    EXPECT_TRUE(map.probability().equal(expected.probability));
    EXPECT_EQ(run.notes, std::vector<std::string>{"a note"});
    EXPECT_EQ(last, run.plan.num_tiles());
    EXPECT_EQ(num_planned, 1);
    EXPECT_EQ(num_opened, context ? 3 : 1);  // for the plan, for the coarse view, for the tiles
  }
}

TEST_F(SegmenterOfTensors, ACoarseViewIsThatOfThePicture) {
  write_model_with_context();
  const Segmenter asked = segmenter({.tiles = kTiles});
  const auto first = picture(70, 150), second = picture(70, 150);
  const auto of_first = asked.predict(first);
  asked.predict(second);
  EXPECT_TRUE(same(asked.predict(first), of_first));
}

TEST_F(SegmenterOfTensors, SeveralThreadsGetWhatOneGets) {
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

TEST_F(SegmenterOfTensors, CallsAtOnceKeepTheirPlansWhenMemoryIsShort) {
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

TEST_F(SegmenterOfTensors, OutOfMemoryItTriesAgainInSmallerTiles) {
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

TEST_F(SegmenterOfTensors, WhatAnObserverThrowsEndsTheCall) {
  struct Stop {};
  const Segmenter asked = segmenter({.tiles = kTiles});
  const auto pixels = picture(70, 150);
  MapKeeper map(pixels.size(0), pixels.size(1));
  SegmentObserver observer;
  observer.progress = [](int64_t, int64_t) { throw Stop(); };
  EXPECT_THROW(asked.segment([&] { return rows_of(pixels); }, map, observer), Stop);
  EXPECT_NO_THROW(asked.predict(pixels));  // its memory was given back
}

TEST_F(SegmenterOfTensors, WrongPicturesAreThrownAloneAndToldAmongOthers) {
  const Segmenter asked = segmenter();
  const auto wrong = torch::zeros({9, 9, 3}), right = picture();
  EXPECT_THROW(asked.predict(wrong), InputError);
  const auto results = asked.predict(std::vector<torch::Tensor>{wrong, right});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_NE(results[0].error.find("Float (9, 9, 3)"), std::string::npos) << results[0].error;
  EXPECT_FALSE(results[0].classes.defined());
  EXPECT_EQ(results[1].error, "");
  EXPECT_TRUE(same(results[1], asked.predict(right)));
}

TEST_F(SegmenterOfTensors, WhatMemoryCannotHold) {
  const Segmenter asked = segmenter({.memory_limit = 1 << 20});
  EXPECT_THROW(asked.predict(picture(400, 500)), MemoryLimitError);
  const auto results = asked.predict(std::vector<torch::Tensor>{picture(400, 500)});
  EXPECT_NE(results.at(0).error.find("memory"), std::string::npos) << results[0].error;
  const auto forced = segmenter({.tiles = kWhole, .memory_limit = 1 << 20}).predict(picture());
  EXPECT_FALSE(forced.run.plan.fits);
}

TEST_F(SegmenterOfTensors, NoAnswerIsAnError) {
  LoadedModel loaded = load_model(model());
  loaded.metadata.preprocessing["mean"] = {0.0, 0.0, 0.0};
  loaded.metadata.preprocessing["std"] = {1e-39, 1e-39, 1e-39};  // makes infinity of white and zero of black
  save_model(model(), *loaded.model, loaded.metadata);
  const Segmenter asked = segmenter();
  const auto white = torch::full({40, 40, 3}, 255, torch::kUInt8), black = torch::zeros({40, 40, 3}, torch::kUInt8);
  EXPECT_THROW(asked.predict(white), Error);
  const auto results = asked.predict(std::vector<torch::Tensor>{white, black});
  EXPECT_EQ(results[0].error, kNoAnswer);
  EXPECT_EQ(results[1].error, "");
}

TEST_F(SegmenterOfTensors, OptionsOutOfRange) {
  EXPECT_THROW(Segmenter(model(), {.device = "gpu"}), ConfigError);
  EXPECT_THROW(Segmenter(model(), {.precision = "float16"}), ConfigError);
  EXPECT_THROW(Segmenter(model(), {.threads = -1}), ConfigError);
  EXPECT_THROW(Segmenter(model(), {.memory_limit = -1}), ConfigError);
  const Segmenter asked = segmenter({.tiles = {.mode = TileMode::kFixed, .tile = 1}});
  EXPECT_THROW(asked.predict(picture()), ConfigError);
  EXPECT_THROW(asked.predict(std::vector<torch::Tensor>{picture()}), ConfigError);
}

TEST_F(SegmenterOfTensors, FilesThatAreNoSegmenters) {
  test::write_random_model(folder_ / "classifier", {"cat", "dog"});
  try {
    const Segmenter asked(folder_ / "classifier", {.device = "cpu"});
    FAIL();
  } catch (const ModelFileError& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("a model for classification, where one for segmentation is needed"), std::string::npos) << what;
  }
  std::vector<std::string> names;
  for (int i = 0; i < 257; ++i) names.push_back("class " + std::to_string(i));
  test::write_random_segmenter(folder_ / "many", names);
  EXPECT_THROW(Segmenter(folder_ / "many", {.device = "cpu"}), ModelFileError);
}

TEST_F(SegmenterOfTensors, BFloat16IsNear) {
  const Segmenter exact = segmenter({.tiles = kWhole}), mixed = segmenter({.precision = "bfloat16", .tiles = kWhole});
  EXPECT_EQ(mixed.precision(), "bfloat16");
  const auto pixels = picture(100, 150);
  const auto found = mixed.predict(pixels);
  EXPECT_EQ(found.run.precision, "bfloat16");
  EXPECT_GT(found.classes.eq(exact.predict(pixels).classes).to(torch::kDouble).mean().item<double>(), 0.8);
}

}  // namespace
}  // namespace multipole
