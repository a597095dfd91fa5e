// The segmenter with pictures of which not all pixels hold data.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <memory>
#include <string>

#include "engine/files/model_file.h"
#include "tasks/segmentation/prediction/segmenter.h"
#include "tests/tasks/segmentation/inference/map_keeper.h"
#include "tests/tasks/segmentation/inference/masked_rows.h"
#include "tests/tasks/segmentation/prediction/segmenter_fixture.h"

namespace multipole {
namespace {

using test::kEverything;
using test::kTiles;
using test::kWhole;
using test::MapKeeper;
using test::MaskedRows;
using test::SegmenterOfTensors;

struct Answer {
  MapKeeper map;
  SegmentationRun run;
};

class SegmenterNoData : public SegmenterOfTensors {
 protected:
  static Answer answer(const Segmenter& segmenter, const torch::Tensor& pixels, const torch::Tensor& validity) {
    Answer out{.map = MapKeeper(pixels.size(0), pixels.size(1)), .run = {}};
    out.run = segmenter.segment([&] { return std::make_unique<MaskedRows>(pixels, validity); }, out.map);
    return out;
  }

  static torch::Tensor half(int64_t height, int64_t width) {
    auto validity = torch::zeros({height, width}, torch::kBool);
    validity.slice(1, 0, width / 2).fill_(true);
    return validity;
  }

  void write_model_with_attention(const std::string& type) const {
    ModelMetadata metadata = load_model(model()).metadata;
    ModelConfig config = test::small_model_config(type, 3);
    config.head = metadata.architecture.head;
    metadata.architecture = resolve_model_config(config);
    save_model(model(), *VisionModel(metadata.architecture), metadata);
  }
};

TEST_F(SegmenterNoData, WhatPixelsWithoutDataHoldIsInNoAnswer) {
  for (const bool context : {false, true}) {
    if (context) write_model_with_context();
    for (const auto& tiles : {kWhole, kTiles}) {
      for (const char* precision : {"float32", "bfloat16"}) {
        const Segmenter asked = segmenter({.precision = precision, .tiles = tiles, .outputs = kEverything});
        const auto pixels = picture(70, 150);
        const auto validity = half(pixels.size(0), pixels.size(1)), nothing = validity.logical_not();
        const auto given = answer(asked, pixels, validity);
        auto other = pixels.clone();
        other.index_put_({nothing}, torch::randint(0, 256, {nothing.sum().item<int64_t>(), 3}, torch::kUInt8));
        const auto again = answer(asked, other, validity);
        EXPECT_TRUE(given.map.classes().equal(again.map.classes()));
        EXPECT_TRUE(given.map.probability().equal(again.map.probability()));
        EXPECT_TRUE(given.map.classes().ne(255).equal(validity));
        EXPECT_TRUE(given.map.uncertainty().index({nothing}).eq(0).all().item<bool>());
        EXPECT_EQ(given.run.no_data_pixels, nothing.sum().item<int64_t>());
        EXPECT_TRUE(given.run.notes.empty());
      }
    }
  }
}

TEST_F(SegmenterNoData, WithAllOfThemValidIsTheAnswerOfEver) {
  const Segmenter asked = segmenter({.tiles = kTiles, .outputs = kEverything});
  const auto pixels = picture(70, 150);
  const auto given = answer(asked, pixels, torch::ones({pixels.size(0), pixels.size(1)}, torch::kBool));
  const auto expected = asked.predict(pixels);
  EXPECT_TRUE(given.map.classes().equal(expected.classes));
  EXPECT_TRUE(given.map.probability().equal(expected.probability));
  EXPECT_EQ(given.run.no_data_pixels, 0);
}

TEST_F(SegmenterNoData, APictureWithoutAnyDataIsDone) {
  for (const auto& tiles : {kWhole, kTiles}) {
    const auto pixels = picture(70, 150);
    const auto given =
        answer(segmenter({.tiles = tiles}), pixels, torch::zeros_like(pixels.select(2, 0), torch::kBool));
    EXPECT_TRUE(given.map.classes().eq(255).all().item<bool>());
    EXPECT_EQ(given.run.no_data_pixels, pixels.size(0) * pixels.size(1));
  }
}

// Such a model answers all the same, and says what it has seen.
TEST_F(SegmenterNoData, AnAttentionThatTakesNoMassesSaysSo) {
  write_model_with_attention("neighborhood");
  const Segmenter asked = segmenter({.tiles = kTiles});
  const auto pixels = picture(70, 150);
  const auto validity = half(pixels.size(0), pixels.size(1));
  const auto given = answer(asked, pixels, validity);
  EXPECT_TRUE(given.map.classes().ne(255).equal(validity));
  ASSERT_EQ(given.run.notes.size(), 1u);
  EXPECT_NE(given.run.notes[0].find("pixels without data"), std::string::npos);
  EXPECT_TRUE(answer(asked, pixels, torch::ones_like(validity)).run.notes.empty());
}

}  // namespace
}  // namespace multipole
