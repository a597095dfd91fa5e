// The segmenter with pictures as tensors: the model's own answers, whole and in tiles, and streamed.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "heads/metrics/answers.h"
#include "tasks/segmentation/inference/inference_plan.h"
#include "tasks/segmentation/inference/segment_picture.h"
#include "tasks/segmentation/prediction/segmenter.h"
#include "tests/tasks/segmentation/inference/map_keeper.h"
#include "tests/tasks/segmentation/prediction/segmenter_fixture.h"

namespace multipole {
namespace {

using test::MapKeeper;

static_assert(std::is_nothrow_move_constructible_v<Segmenter> && !std::is_copy_constructible_v<Segmenter>);

using test::kEverything;
using test::kTiles;
using test::kWhole;
using test::same;
using test::SegmenterOfTensors;

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
    // the segmenter's packed weights round otherwise, which may tip what two classes share
    constexpr double kRounding = 1e-5;
    const auto best = std::get<0>(probabilities.topk(2, 0));
    const auto shared = best[0] - best[1] <= kRounding;
    EXPECT_TRUE((found.classes == probabilities.argmax(0).to(torch::kUInt8)).logical_or(shared).all().item<bool>());
    EXPECT_LT(shared.to(torch::kFloat32).mean().item<double>(), 0.01);
    EXPECT_LE((found.probability / 255.0 - best[0]).abs().max().item<double>(), 0.5 / 255 + kRounding);
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
      *rows_of(pixels), [&](const Images& tile, TileOrigin) { return loaded.model->forward(tile); }, normalizer, grid,
      kEverything, expected, [](int64_t, int64_t) {});
  const auto found = asked.predict(pixels);
  EXPECT_TRUE(found.classes.equal(expected.classes()));
  EXPECT_TRUE(found.probability.equal(expected.probability()));
  EXPECT_TRUE(found.uncertainty.equal(expected.uncertainty()));
  EXPECT_EQ(found.run.plan.num_tiles(), grid.num_tiles());
  EXPECT_GT(grid.num_tiles(), 1);
  EXPECT_EQ(found.run.plan.overlap, 32);
  EXPECT_EQ(found.run.plan.tile_height, grid.rows.longest());
  const auto& columns = grid.columns.spans;
  ASSERT_EQ(found.run.plan.column_borders.size(), columns.size() - 1);
  for (size_t i = 0; i + 1 < columns.size(); ++i) {
    EXPECT_EQ(found.run.plan.column_borders[i], (columns[i].end + columns[i + 1].begin) / 2);
  }
  EXPECT_EQ(asked.plan({pixels.size(0), pixels.size(1)}, kTiles).num_tiles(), grid.num_tiles());
  EXPECT_GT(asked.plan({pixels.size(0), pixels.size(1)}, kTiles, 1e9).bytes, 1e9);
}

TEST_F(SegmenterOfTensors, ABoundedBackboneTakesLargePicturesWhole) {
  const ImageSize large{test::random_int(1200, 1600), test::random_int(600, 1600)};
  EXPECT_FALSE(segmenter().plan(large, {}).is_whole()) << "beyond the reach of its training";
  ModelMetadata metadata = load_model(model()).metadata;
  metadata.architecture.backbone["attention"]["reach"] = "nominal";
  save_model(model(), *VisionModel(metadata.architecture), metadata);
  EXPECT_TRUE(segmenter().plan(large, {}).is_whole());
  EXPECT_FALSE(segmenter().plan({large.height, kLargestWhole + 1}, {}).is_whole());
  metadata.architecture.head = {{"type", "upernet"}};
  save_model(model(), *VisionModel(metadata.architecture), metadata);
  EXPECT_FALSE(segmenter().plan(large, {}).is_whole()) << "its head pools the picture";
}

TEST_F(SegmenterOfTensors, InOtherTilesThanItsOwn) {
  const auto pixels = picture(70, 150);
  const Segmenter asked = segmenter({.tiles = kWhole});
  MapKeeper map(pixels.size(0), pixels.size(1));
  const auto run = asked.segment([&] { return rows_of(pixels); }, map, {}, kTiles);
  const auto expected = segmenter({.tiles = kTiles}).predict(pixels);
  EXPECT_TRUE(map.classes().equal(expected.classes));
  EXPECT_EQ(run.plan.num_tiles(), expected.run.plan.num_tiles());
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
