#include <gtest/gtest.h>
#include <torch/types.h>

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

std::shared_ptr<Head> small_head(const std::string& type, bool auxiliary = false) {
  return make_head({{"type", type}, {"channels", 8}, {"auxiliary", auxiliary}}, feature_info(), 4, "head");
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

TEST(SegmentationHeads, TheAuxiliaryClassifierAnswersInTrainingOnly) {
  const ImageSize size{20, 23};
  for (const auto& type : segmentation_types()) {
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
    const auto function = [&](const std::vector<torch::Tensor>& features) { return head->forward(features, size); };
    EXPECT_EQ(test::gradcheck(function, random_pyramid_maps(1, size, torch::kDouble)), "") << type;
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

TEST(SegmentationHeads, ATokensLogitsDoNotDependOnFarOnesWhereTheDecoderIsLocal) {
  const torch::NoGradGuard no_grad;
  const ImageSize size{32, 96};
  for (const std::string type : {"segformer", "semantic_fpn"}) {
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
  EXPECT_THROW(make_head({{"type", "upernet"}, {"pool_sizes", Json::array()}}, feature_info(), 3, "head"), ConfigError);
}

}  // namespace
}  // namespace multipole
