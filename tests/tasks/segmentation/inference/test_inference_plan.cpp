// The plan: whole where it fits and lies within reach, else the largest tiles that do; and its estimate against what
// tensors really take.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>

#include "base/error.h"
#include "engine/runtime/tensor_memory.h"
#include "tasks/segmentation/inference/inference_plan.h"
#include "tests/tasks/segmentation/inference/map_keeper.h"

namespace multipole {
namespace {

constexpr double kGiB = 1 << 30;

ForwardCost cost_of(double per_pixel) { return {.fixed = 0, .per_pixel = per_pixel, .num_classes = 11}; }

PlanRequest request_for(ImageSize size, double limit) {
  PlanRequest request;
  request.image_size = size;
  request.alignment = 32;
  request.limit_bytes = limit;
  return request;
}

TEST(InferencePlan, WholeWhereItFitsElseTheLargestTiles) {
  const auto request = request_for({8000, 12000}, 64 * kGiB);
  EXPECT_TRUE(plan_inference(request, cost_of(300)).is_whole());
  int64_t last = INT64_MAX;
  for (const double limit : {24.0, 8.0, 4.0, 2.0, 1.0}) {
    const auto plan = plan_inference(request_for({8000, 12000}, limit * kGiB), cost_of(300));
    EXPECT_TRUE(plan.fits);
    EXPECT_LE(plan.bytes, limit * kGiB);
    EXPECT_FALSE(plan.is_whole());
    EXPECT_LE(plan.grid.rows.longest(), last);
    last = plan.grid.rows.longest();
  }
  EXPECT_THROW(plan_inference(request_for({8000, 12000}, 0.02 * kGiB), cost_of(300)), ResourceError);
}

TEST(InferencePlan, NoLargerThanTheReachUnlessAsked) {
  EXPECT_EQ(reach_of_training(32), 768);
  EXPECT_EQ(reach_of_training(480), 960);
  for (const ImageSize size : {ImageSize{960, 700}, ImageSize{961, 700}, ImageSize{700, 961}, ImageSize{5000, 4000}}) {
    auto request = request_for(size, 64 * kGiB);
    request.reach = reach_of_training(480);
    const auto plan = plan_inference(request, cost_of(300));
    EXPECT_EQ(plan.is_whole(), size.height <= 960 && size.width <= 960);
    EXPECT_LE(std::max(plan.grid.rows.longest(), plan.grid.columns.longest()), 960);
    request.tiles.overlap = 500;  // no tile within reach holds it
    EXPECT_TRUE(plan_inference(request, cost_of(300)).is_whole());
    request.tiles = parse_tile_options("none", std::nullopt);
    EXPECT_TRUE(plan_inference(request, cost_of(300)).is_whole());
    request.tiles = parse_tile_options("2048", std::nullopt);
    EXPECT_EQ(plan_inference(request, cost_of(300)).is_whole(), size.height <= 2048 && size.width <= 2048);
  }
}

TEST(InferencePlan, MemoryOfTilesDoesNotGrowWithTheHeight) {
  const auto bytes = [](int64_t height) {
    auto request = request_for({height, 4000}, kGiB);
    request.tiles = parse_tile_options("512", 64);
    return plan_inference(request, cost_of(300)).bytes;
  };
  EXPECT_NEAR(bytes(4000) / bytes(400000), 1, 0.05);
}

TEST(InferencePlan, WhatTheUserChoseIsKept) {
  auto request = request_for({3000, 5000}, 0.01 * kGiB);
  request.tiles = parse_tile_options("none", std::nullopt);
  const auto whole = plan_inference(request, cost_of(300));
  EXPECT_TRUE(whole.is_whole());
  EXPECT_FALSE(whole.fits);
  request.tiles = parse_tile_options("640", 96);
  const auto tiles = plan_inference(request, cost_of(300));
  EXPECT_EQ(tiles.overlap, 96);
  EXPECT_LE(tiles.grid.columns.longest(), 640);
  request.tiles = parse_tile_options("100", 96);
  EXPECT_THROW(plan_inference(request, cost_of(300)), ConfigError);
  for (const char* text : {"", "0", "-3", "12x", "all", "99999999999999999999"}) {
    EXPECT_THROW(parse_tile_options(text, std::nullopt), ConfigError) << text;
  }
}

TEST(InferencePlan, TheEstimateCoversWhatTensorsTake) {
  const auto weight = torch::randn({7, 3, 3, 3});
  const DenseModel model = [&](const Images& images, TileOrigin) {
    const auto hidden = images.pixels.repeat({1, 12, 1, 1}).relu();
    return torch::conv2d(images.pixels, weight, {}, 1, 1) + hidden.mean(1, true);
  };
  const ForwardCost cost = measure_forward_cost(model);
  EXPECT_EQ(cost.num_classes, 7);
  Preprocessing preprocessing;
  for (const char* tile : {"none", "256"}) {
    auto request = request_for({700, 900}, 64 * kGiB);
    request.tiles = parse_tile_options(tile, std::nullopt);
    const auto plan = plan_inference(request, cost);
    const auto picture = rows_of(torch::zeros({700, 900, 3}, torch::kUInt8));
    test::MapKeeper map(700, 900);
    const auto taken = static_cast<double>(peak_tensor_bytes(
        [&] { segment_picture(*picture, model, Normalizer(preprocessing), plan.grid, {}, map, [](auto, auto) {}); }));
    EXPECT_LE(taken, plan.bytes) << tile;
    EXPECT_GE(taken, 0.5 * plan.bytes) << tile;
  }
}

TEST(TensorMemory, CountsWhatLivesAtOnce) {
  const auto peak = peak_tensor_bytes([] {
    for (int i = 0; i < 5; ++i) torch::empty({1000}, torch::kFloat);
    const auto a = torch::empty({2000}, torch::kFloat), b = torch::empty({500}, torch::kFloat);
  });
  EXPECT_GE(peak, 2500 * 4);
  EXPECT_LE(peak, 2500 * 4 + 256);
}

}  // namespace
}  // namespace multipole
