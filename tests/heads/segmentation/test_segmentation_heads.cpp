#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "heads/model/registry.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

std::vector<std::string> segmentation_types() { return head_types("segmentation"); }

const std::vector<FeatureInfo>& feature_info() {
  static const std::vector<FeatureInfo> info = {{3, 2}, {5, 4}, {4, 8}, {6, 16}};
  return info;
}

std::vector<torch::Tensor> random_pyramid_maps(int64_t batch, ImageSize size, torch::ScalarType type) {
  std::vector<torch::Tensor> features;
  for (const auto& item : feature_info()) {
    const int64_t height = (size.height + item.stride - 1) / item.stride;
    const int64_t width = (size.width + item.stride - 1) / item.stride;
    features.push_back(torch::randn({batch, item.num_channels, height, width}, type));
  }
  return features;
}

bool has_decoder(const std::string& type) { return type != "linear"; }

std::shared_ptr<Head> small_head(const std::string& type, bool auxiliary = false) {
  Json config = {{"type", type}};
  if (has_decoder(type)) config.update({{"channels", 8}, {"auxiliary", auxiliary}});
  return make_head(config, feature_info(), 4, "head");
}

TEST(SegmentationHeads, LogitsHaveThePicturesSizeFromOnePixelUp) {
  const torch::NoGradGuard no_grad;
  for (const auto& type : segmentation_types()) {
    for (const auto size : {ImageSize{1, 1}, ImageSize{1, 37}, ImageSize{random_int(2, 50), random_int(2, 50)}}) {
      const auto head = small_head(type);
      head->eval();
      const auto logits = head->forward(random_pyramid_maps(2, size, torch::kFloat), size);
      EXPECT_EQ(logits.sizes(), (std::vector<int64_t>{2, 4, size.height, size.width})) << type;
      EXPECT_TRUE(logits.isfinite().all().item<bool>()) << type;
    }
  }
}

// What a token says depends on where it is, not on where the picture ends: by stride a picture cut out of another one
// has its logits, but near the cut; stretched, maps that are no whole number of strides drift.
TEST(SegmentationHeads, ByStrideLogitsStayWhereTheyAreWhateverTheSize) {
  const torch::NoGradGuard no_grad;
  const ImageSize whole{320, 256}, cut{whole.height - random_int(17, 31), whole.width - random_int(17, 31)};
  constexpr int64_t kReach = 128;  // pixels: three convolutions on tokens of 16, and what comes after them
  for (const auto& type : segmentation_types()) {
    if (type == "upernet") continue;  // pools the picture
    for (const char* resize : {"stride", "stretch"}) {
      const auto head = make_head({{"type", type}, {"resize", resize}}, feature_info(), 4, "head");
      head->to(torch::kDouble);
      head->eval();
      const auto maps = random_pyramid_maps(1, whole, torch::kDouble);
      std::vector<torch::Tensor> parts;
      for (size_t i = 0; i < maps.size(); ++i) {
        const int64_t stride = feature_info()[i].stride;
        parts.push_back(
            maps[i].slice(2, 0, (cut.height + stride - 1) / stride).slice(3, 0, (cut.width + stride - 1) / stride));
      }
      const auto inner = [&](const torch::Tensor& logits) {
        return logits.slice(2, 0, cut.height - kReach).slice(3, 0, cut.width - kReach);
      };
      const bool is_same =
          torch::allclose(inner(head->forward(parts, cut)), inner(head->forward(maps, whole)), 1e-9, 1e-9);
      EXPECT_EQ(is_same, std::string(resize) == "stride") << type << ", " << cut.height << " x " << cut.width;
    }
  }
}

TEST(SegmentationHeads, UnknownWaysToResizeAreRefused) {
  for (const auto& type : segmentation_types()) {
    EXPECT_THROW(make_head({{"type", type}, {"resize", "strid"}}, feature_info(), 4, "head"), ConfigError) << type;
  }
}

TEST(SegmentationHeads, TheAuxiliaryClassifierAnswersInTrainingOnly) {
  const ImageSize size{20, 23};
  for (const auto& type : segmentation_types()) {
    if (!has_decoder(type)) continue;
    const auto head = small_head(type, /*auxiliary=*/true);
    const auto features = random_pyramid_maps(1, size, torch::kFloat);
    const auto all = head->forward_all(features, size);
    ASSERT_EQ(all.size(), 2) << type;
    EXPECT_EQ(all[0].sizes(), all[1].sizes());
    head->eval();
    EXPECT_EQ(head->forward_all(features, size).size(), 1) << type;
    EXPECT_EQ(small_head(type)->forward_all(features, size).size(), 1) << type;
  }
}

TEST(SegmentationHeads, GradientsAreThoseOfFiniteDifferences) {
  const ImageSize size{9, 13};
  for (const auto& type : segmentation_types()) {
    const auto head = small_head(type);
    head->to(torch::kDouble);
    head->eval();
    const auto maps = random_pyramid_maps(1, size, torch::kDouble);
    const int64_t first = type == "deconvolution" || type == "linear" ? 3 : 0;  // these read the coarsest map alone
    const auto function = [&](const std::vector<torch::Tensor>& read) {
      auto features = maps;
      std::ranges::copy(read, features.begin() + first);
      return head->forward(features, size);
    };
    EXPECT_EQ(test::gradcheck(function, {maps.begin() + first, maps.end()}), "") << type;
  }
}

// SegFormer's decoder as the paper draws it: resize every projected map, concatenate, fuse.
torch::Tensor segformer_by_the_paper(Head& head, const std::vector<torch::Tensor>& features, ImageSize size) {
  const auto parameters = head.named_parameters();
  const auto linear = [&](const std::string& name, const torch::Tensor& map) {
    return torch::conv2d(map, parameters[name + ".weight"].unsqueeze(-1).unsqueeze(-1), parameters[name + ".bias"]);
  };
  const auto& finest = features.front();
  std::vector<torch::Tensor> maps;
  for (size_t i = 0; i < features.size(); ++i) {
    const auto map = linear("projection_" + std::to_string(i + 1), features[i]);
    maps.push_back(torch::upsample_bilinear2d(map, {finest.size(2), finest.size(3)}, false));
  }
  const auto fused = linear("fuse", torch::cat(maps, 1));
  auto normed = fused.permute({0, 2, 3, 1});
  if (parameters.contains("norm.weight")) {
    normed = torch::layer_norm(normed, {fused.size(1)}, parameters["norm.weight"], parameters["norm.bias"], 1e-6);
  }
  const auto logits = linear("classifier", torch::relu(normed).permute({0, 3, 1, 2}));
  return torch::upsample_bilinear2d(logits, {size.height, size.width}, false);
}

TEST(SegmentationHeads, SegformerFusesBeforeItResizesToTheSameEnd) {
  const torch::NoGradGuard no_grad;
  const ImageSize size{random_int(5, 60), random_int(5, 60)};
  for (const bool norm : {true, false}) {
    const Json config = {{"type", "segformer"}, {"channels", 8}, {"norm", norm}};
    const auto head = make_head(config, feature_info(), 4, "head");
    EXPECT_EQ(head->named_parameters().contains("norm.weight"), norm);
    double numbers = 0;
    for (const auto& parameter : head->parameters()) numbers += static_cast<double>(parameter.numel());
    EXPECT_EQ(count_head_parameters(config, feature_info(), 4, "head"), numbers);
    head->to(torch::kDouble);
    head->eval();
    const auto features = random_pyramid_maps(2, size, torch::kDouble);
    EXPECT_TRUE(
        torch::allclose(head->forward(features, size), segformer_by_the_paper(*head, features, size), 1e-9, 1e-9));
  }
}

// Each output of a transposed convolution summed from the inputs that reach it.
torch::Tensor doubled_by_hand(const torch::Tensor& map, const torch::Tensor& weight, const torch::Tensor& bias) {
  const int64_t height = 2 * map.size(2), width = 2 * map.size(3);
  auto out = bias.view({1, -1, 1, 1}).expand({map.size(0), -1, height, width}).clone();
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t i = 0; i < map.size(2); ++i) {
        for (int64_t j = 0; j < map.size(3); ++j) {
          const int64_t row = y + 1 - 2 * i, column = x + 1 - 2 * j;
          if (row < 0 || row > 3 || column < 0 || column > 3) continue;
          out.select(3, x).select(2, y) +=
              map.select(3, j).select(2, i).matmul(weight.select(3, column).select(2, row));
        }
      }
    }
  }
  return out;
}

TEST(SegmentationHeads, DeconvolutionsDoubleTheCoarsestMap) {
  const torch::NoGradGuard no_grad;
  const ImageSize size{random_int(17, 48), random_int(17, 48)};
  for (const bool norm : {false, true}) {
    const auto head = make_head({{"type", "deconvolution"}, {"channels", 3}, {"widths", {5, 4}}, {"norm", norm}},
                                feature_info(), 4, "head");
    head->to(torch::kDouble);
    head->eval();
    const auto features = random_pyramid_maps(2, size, torch::kDouble);
    const auto parameters = head->named_parameters();
    auto map = features.back();
    for (int i = 1; i <= 3; ++i) {
      const std::string place = std::to_string(i), conv = "deconvolution_" + place;
      map = doubled_by_hand(map, parameters[conv + ".weight"], parameters[conv + ".bias"]);
      if (norm) {
        map = torch::layer_norm(map.permute({0, 2, 3, 1}), {map.size(1)}, parameters["norm_" + place + ".weight"],
                                parameters["norm_" + place + ".bias"], 1e-6)
                  .permute({0, 3, 1, 2});
      }
      map = torch::relu(map);
    }
    const auto logits =
        torch::conv2d(map, parameters["classifier.weight"].unsqueeze(-1).unsqueeze(-1), parameters["classifier.bias"]);
    EXPECT_TRUE(torch::allclose(head->forward(features, size),
                                torch::upsample_bilinear2d(logits, {size.height, size.width}, false), 1e-9, 1e-9));
  }
}

TEST(SegmentationHeads, ADeconvolutionHeadTakesOneMap) {
  const torch::NoGradGuard no_grad;
  const auto head =
      make_head({{"type", "deconvolution"}, {"channels", 8}, {"widths", Json::array()}}, {{6, 14}}, 2, "head");
  EXPECT_EQ(head->forward(std::vector{torch::randn({1, 6, 2, 3})}, {25, 40}).sizes(),
            (std::vector<int64_t>{1, 2, 25, 40}));
}

TEST(SegmentationHeads, ALinearHeadIsAConvolutionOfTheLastMap) {
  const torch::NoGradGuard no_grad;
  const ImageSize size{random_int(5, 60), random_int(5, 60)};
  const auto head = make_head({{"type", "linear"}, {"dropout", 0.5}}, feature_info(), 4, "head");
  head->to(torch::kDouble);
  head->eval();
  const auto features = random_pyramid_maps(2, size, torch::kDouble);
  const auto parameters = head->named_parameters();
  EXPECT_EQ(parameters.size(), 2);
  const auto logits = torch::conv2d(features.back(), parameters["classifier.weight"].unsqueeze(-1).unsqueeze(-1),
                                    parameters["classifier.bias"]);
  EXPECT_TRUE(torch::allclose(head->forward(features, size),
                              torch::upsample_bilinear2d(logits, {size.height, size.width}, false), 1e-9, 1e-9));
  head->train();
  EXPECT_FALSE(head->forward(features, size).equal(head->forward(features, size))) << "dropout";
  EXPECT_EQ(make_head({{"type", "linear"}}, {{6, 14}}, 2, "head")
                ->forward(std::vector{torch::randn({1, 6, 2, 3})}, {25, 40})
                .sizes(),
            (std::vector<int64_t>{1, 2, 25, 40}));
}

TEST(SegmentationHeads, ATokensLogitsDoNotDependOnFarOnesWhereTheDecoderIsLocal) {
  const torch::NoGradGuard no_grad;
  const ImageSize size{32, 96};
  for (const std::string type : {"deconvolution", "linear", "segformer", "semantic_fpn"}) {
    const auto head = small_head(type);
    head->eval();
    auto features = random_pyramid_maps(1, size, torch::kFloat);
    const auto before = head->forward(features, size);
    for (auto& map : features) map.select(3, map.size(3) - 1).add_(5.0);
    const auto after = head->forward(features, size);
    EXPECT_TRUE(before.narrow(3, 0, 8).equal(after.narrow(3, 0, 8))) << type;
    EXPECT_FALSE(before.equal(after)) << type;
  }
}

TEST(SegmentationHeads, WrongConfigsAreRefused) {
  for (const auto& type : segmentation_types()) {
    const auto make = [&](const char* key, const Json& value) {
      make_head({{"type", type}, {key, value}}, feature_info(), 3, "head");
    };
    EXPECT_THROW(make("channels", 0), ConfigError);
    EXPECT_THROW(make("dropout", 1.0), ConfigError);
    EXPECT_THROW(make("chanels", 8), ConfigError);
  }
  for (const Json& widths : {Json::array({0}), Json::array({1, 1, 1, 1, 1})}) {
    EXPECT_THROW(make_head({{"type", "deconvolution"}, {"widths", widths}}, feature_info(), 3, "head"), ConfigError);
  }
  EXPECT_THROW(make_head({{"type", "upernet"}, {"pool_sizes", Json::array()}}, feature_info(), 3, "head"), ConfigError);
}

}  // namespace
}  // namespace multipole
