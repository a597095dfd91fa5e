// Pixels without data, in models with every head.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>
#include <string>
#include <vector>

#include "backbone/layers/token_mass.h"
#include "heads/model/context.h"
#include "heads/model/registry.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

using test::random_int;

std::vector<Json> heads() {
  std::vector<Json> all = {{{"type", "classification"}, {"pooling", "attention"}, {"pooling_heads", 2}},
                           {{"type", "classification"}, {"pooling", "embedding"}}};
  for (const auto& type : head_types()) all.push_back({{"type", type}});
  return all;
}

VisionModel model_with(const Json& head) {
  ModelConfig config = test::small_model_config("multipole2d", 3);
  config.backbone["stem_stride"] = 4;
  config.backbone["attention"]["cell"] = 2;
  config.head = head;
  VisionModel model(config);
  model->eval();
  return model;
}

torch::Tensor right_part_missing(int64_t height, int64_t width, int64_t valid) {
  auto validity = torch::zeros({1, height, width}, torch::kBool);
  validity.slice(2, 0, valid).fill_(true);
  return validity;
}

TEST(ModelValidity, AllValidIsTheResultWithoutToTheBit) {
  const torch::NoGradGuard no_grad;
  for (const auto& head : heads()) {
    SCOPED_TRACE(testing::Message() << head);
    VisionModel model = model_with(head);
    const auto pictures = torch::randn({2, 3, random_int(1, 70), random_int(1, 70)});
    const auto all = torch::ones({2, pictures.size(2), pictures.size(3)}, torch::kBool);
    EXPECT_TRUE(model->forward({pictures, all}).equal(model->forward(pictures)));
  }
}

TEST(ModelValidity, WhatPixelsWithoutDataHoldChangesNothing) {
  const torch::NoGradGuard no_grad;
  for (const auto& head : heads()) {
    SCOPED_TRACE(testing::Message() << head);
    VisionModel model = model_with(head);
    const int64_t height = random_int(5, 90), width = random_int(5, 90);
    const auto pictures = torch::randn({2, 3, height, width});
    auto validity = torch::rand({2, height, width}).gt(0.5);
    validity[0].slice(0, 0, random_int(1, height - 1)).fill_(false);
    const auto expected = model->forward({pictures, validity});
    EXPECT_TRUE(expected.isfinite().all().item<bool>());
    const auto other = pictures.masked_fill(validity.logical_not().unsqueeze(1), std::nan(""));
    EXPECT_TRUE(model->forward({other, validity}).equal(expected));
  }
}

TEST(ModelValidity, PicturesOfABatchHaveMasksOfTheirOwn) {
  const torch::NoGradGuard no_grad;
  for (const auto& head : heads()) {
    SCOPED_TRACE(testing::Message() << head);
    VisionModel model = model_with(head);
    const auto pictures = torch::randn({3, 3, 45, 61});
    const auto validity = torch::cat({right_part_missing(45, 61, random_int(1, 60)),
                                      torch::ones({1, 45, 61}, torch::kBool), torch::zeros({1, 45, 61}, torch::kBool)});
    const auto together = model->forward({pictures, validity});
    EXPECT_TRUE(together.isfinite().all().item<bool>());
    for (int64_t i = 0; i < 3; ++i) {
      const auto alone = model->forward({pictures.narrow(0, i, 1), validity.narrow(0, i, 1)});
      EXPECT_LE((together.narrow(0, i, 1) - alone).abs().max().item<double>(), 1e-4) << i;
    }
  }
}

// What has one answer a picture pools what holds data and nothing else.
TEST(ModelValidity, APictureHasTheClassOfThePartThatHoldsData) {
  const torch::NoGradGuard no_grad;
  for (const auto& head : heads()) {
    if (head["type"] != "classification" && head["type"] != "embedding") continue;
    SCOPED_TRACE(testing::Message() << head);
    VisionModel model = model_with(head);
    const int64_t width = random_int(1, 95);
    const auto picture = torch::randn({1, 3, 70, 96});
    const auto alone = model->forward(picture.slice(3, 0, width).contiguous());
    const auto given = model->forward({picture, right_part_missing(70, 96, width)});
    EXPECT_LE((given - alone).abs().max().item<double>(), 1e-4) << width;
  }
}

// The tokens of the half are those of the half alone; its pixels' logits too, from where no decoder reaches over the
// border: half a token of the coarsest map (16 of 32 pixels), by which it is interpolated, and half of one of the
// finest (2 of 4), by which the logits are.
TEST(ModelValidity, AHalfIsSegmentedAsItIsAloneUpToItsBorder) {
  const torch::NoGradGuard no_grad;
  for (const char* head : {"segformer", "linear"}) {
    for (const int64_t axis : {2, 3}) {
      for (const int64_t begin : {0, 64}) {
        SCOPED_TRACE(testing::Message() << head << ", axis " << axis << " from " << begin);
        VisionModel model = model_with({{"type", head}});
        const auto picture = torch::randn({1, 3, 128, 128});
        auto validity = torch::zeros({1, 128, 128}, torch::kBool);
        validity.narrow(axis - 1, begin, 64).fill_(true);
        const auto alone = model->forward(picture.narrow(axis, begin, 64).contiguous());
        const auto given = model->forward({picture, validity}).narrow(axis, begin, 64);
        constexpr int64_t kReach = 18;
        const int64_t first = begin == 0 ? 0 : kReach;
        const auto inner = [&](const torch::Tensor& t) { return t.narrow(axis, first, 64 - kReach); };
        EXPECT_LE((inner(given) - inner(alone)).abs().max().item<double>(), 1e-4);
      }
    }
  }
}

// Pyramid pooling is over what holds data: what it makes of a constant map does not depend on how much that is.
TEST(ModelValidity, PyramidPoolingLeavesOutWhatHoldsNoData) {
  const torch::NoGradGuard no_grad;
  const std::vector<FeatureInfo> info = {{4, 4}, {4, 8}, {4, 16}, {4, 32}};
  const auto head = make_head({{"type", "upernet"}, {"channels", 8}, {"pool_sizes", Json::array({1})}}, info, 3, "head");
  head->eval();
  for (auto& parameter : head->parameters()) parameter.add_(torch::randn_like(parameter) * 0.3);
  std::vector<torch::Tensor> maps;
  for (const auto& item : info) {
    const int64_t side = 256 / item.stride;
    maps.push_back(torch::ones({1, 4, side, side}));
  }
  const auto whole = head->forward(maps, {256, 256});
  const auto mass = right_part_missing(8, 8, 4).to(torch::kFloat);
  std::vector<torch::Tensor> masses;
  for (size_t i = 0; i < maps.size(); ++i) {
    masses.push_back(mass.repeat_interleave(maps[i].size(2) / 8, 1).repeat_interleave(maps[i].size(3) / 8, 2));
    maps[i] = maps[i] * masses[i].unsqueeze(1);
  }
  const auto half = head->forward({maps, masses}, {256, 256}), blind = head->forward(maps, {256, 256});
  // the far corner: beyond the reach of convolutions and interpolation over the border
  const auto corner = [](const torch::Tensor& logits) { return logits.slice(3, 0, 16); };
  EXPECT_LE((corner(half) - corner(whole)).abs().max().item<double>(), 1e-5);
  EXPECT_GT((corner(blind) - corner(whole)).abs().max().item<double>(), 1e-3) << "the pools reach there";
}

TEST(ModelValidity, ACoarseViewLeavesOutWhatHoldsNoDataToo) {
  const torch::NoGradGuard no_grad;
  VisionModel model = model_with({{"type", "segformer"}, {"channels", 8}, {"context", true}});
  for (auto& item : model->named_parameters()) {
    if (item.key().starts_with("head.context")) item.value().normal_();
  }
  const auto logits = [&](double held) {
    auto whole = torch::linspace(-1, 1, 3 * 40 * 40).view({1, 3, 40, 40}).clone();
    auto validity = right_part_missing(40, 40, 27);
    whole.masked_fill_(validity.logical_not().unsqueeze(1), held);
    const auto view = coarse_view(model, {whole, validity}, 2);
    return forward_with_context(model, {whole, validity}, view, {0, 0}).front();
  };
  EXPECT_TRUE(logits(0).isfinite().all().item<bool>());
  EXPECT_TRUE(logits(std::nan("")).equal(logits(0)));
}

}  // namespace
}  // namespace multipole
