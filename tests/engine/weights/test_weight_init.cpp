#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/multipole/basis.h"
#include "base/error.h"
#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"
#include "engine/weights/weight_adaptation.h"
#include "engine/weights/weight_init.h"
#include "tests/support/model_file.h"
#include "tests/support/random_source.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/small_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

std::map<std::string, torch::Tensor> copies_of(const VisionModel& model) {
  std::map<std::string, torch::Tensor> weights;
  for (const auto& [name, tensor] : named_weights(*model)) weights[name] = tensor.detach().clone();
  return weights;
}

ModelConfig config_with(const std::string& attention, int64_t image_size, int64_t cell) {
  auto config = test::small_model_config("multipole2d", 3);
  config.backbone["attention"] = {{"type", attention}, {"cell", cell}};
  config.backbone["image_size"] = image_size;
  return config;
}

const WeightInitEntry& entry_of(const WeightInitReport& report, const std::string& name) {
  for (const auto& entry : report.entries) {
    if (entry.name == name) return entry;
  }
  throw std::out_of_range(name);
}

TEST(WeightInit, CopiesEverythingOfTheSameModel) {
  for (const auto& attention : attention_types()) {
    SCOPED_TRACE(attention);
    const auto config = test::small_model_config(attention, 3);
    VisionModel from(config), to(config);
    const auto report = initialize_weights(*to, copies_of(from), "other");
    EXPECT_EQ(report.count(WeightFate::kLoaded), static_cast<int64_t>(named_weights(*to).size()));
    EXPECT_EQ(report.table().size(), 1u);
    const auto expected = copies_of(from);
    for (const auto& [name, tensor] : named_weights(*to)) EXPECT_TRUE(torch::equal(tensor, expected.at(name))) << name;
  }
}

TEST(WeightInit, ReplacesTheHeadOfOtherClasses) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model.safetensors", {"a", "b", "c"});
  const auto weights = copies_of(load_model(folder / "model.safetensors").model);
  VisionModel same(test::small_model_config("multipole2d", 3));
  initialize_weights(*same, folder / "model.safetensors", {"a", "b", "c"});
  EXPECT_TRUE(torch::equal(named_weights(*same).at("head.linear.weight"), weights.at("head.linear.weight")));

  // as many classes, but others
  VisionModel other(test::small_model_config("multipole2d", 3));
  const auto report = initialize_weights(*other, folder / "model.safetensors", {"a", "b", "x"});
  EXPECT_EQ(entry_of(report, "head.linear.weight").fate, WeightFate::kReplaced);
  EXPECT_FALSE(torch::equal(named_weights(*other).at("head.linear.weight"), weights.at("head.linear.weight")));
  const std::string name = "backbone.stem.conv1.weight";
  EXPECT_TRUE(torch::equal(named_weights(*other).at(name), weights.at(name)));
}

TEST(WeightInit, KeepsTheDecoderForOtherClasses) {
  const test::TemporaryFolder folder;
  test::write_random_segmenter(folder / "model.safetensors", {"a", "b", "c"});
  const LoadedModel from = load_model(folder / "model.safetensors");
  const auto weights = copies_of(from.model);
  for (const std::vector<std::string>& classes : {std::vector<std::string>{"a", "b", "x"}, {"a", "b"}}) {
    ModelConfig config = from.metadata.architecture;
    config.num_classes = static_cast<int64_t>(classes.size());
    config.head["auxiliary"] = true;
    VisionModel other(config);
    const auto report = initialize_weights(*other, folder / "model.safetensors", classes);
    for (const auto& [name, tensor] : named_weights(*other)) {
      const auto fate = entry_of(report, name).fate;
      if (name.starts_with("head.auxiliary")) {
        EXPECT_EQ(fate, WeightFate::kMissing) << name;
      } else if (name.starts_with("head.classifier")) {
        EXPECT_EQ(fate, WeightFate::kReplaced) << name;
      } else {
        EXPECT_TRUE(torch::equal(tensor, weights.at(name))) << name;
      }
    }
  }
}

TEST(WeightInit, TheTableSaysWhatIsMissingMismatchedAndUnused) {
  const auto config = test::small_model_config("multipole2d", 3);
  VisionModel model(config);
  auto weights = copies_of(VisionModel(config));
  weights.erase("backbone.stages.0.norm.weight");
  weights["backbone.stages.0.norm.bias"] = torch::zeros({3});
  weights["teacher.weight"] = torch::zeros({2});
  const auto fresh = copies_of(model);
  const auto report = initialize_weights(*model, weights, "other");
  EXPECT_EQ(entry_of(report, "backbone.stages.0.norm.weight").fate, WeightFate::kMissing);
  EXPECT_EQ(entry_of(report, "backbone.stages.0.norm.bias").fate, WeightFate::kMismatched);
  EXPECT_EQ(entry_of(report, "teacher.weight").fate, WeightFate::kUnused);
  const auto table = report.table();
  ASSERT_EQ(table.size(), 4u);
  EXPECT_NE(table[0].find("1 missing, 1 mismatched, 1 unused"), std::string::npos) << table[0];
  for (const char* name : {"backbone.stages.0.norm.weight", "backbone.stages.0.norm.bias"}) {
    EXPECT_TRUE(torch::equal(named_weights(*model).at(name), fresh.at(name))) << name;
  }
}

TEST(WeightInit, AFileWithNothingInCommonIsRefused) {
  VisionModel model(test::small_model_config("full", 3));
  EXPECT_THROW(initialize_weights(*model, {{"layer1.weight", torch::zeros({2})}}, "other"), ModelFileError);
}

TEST(WeightInit, TakesAnySafetensorsFileWithTheSameNames) {
  const test::TemporaryFolder folder;
  const auto config = test::small_model_config("full", 3);
  Safetensors content;
  content.tensors = copies_of(VisionModel(config));
  write_safetensors(folder / "plain.safetensors", content);
  VisionModel model(config);
  const auto report = initialize_weights(*model, folder / "plain.safetensors", {"a", "b", "c"});
  EXPECT_EQ(report.count(WeightFate::kLoaded), static_cast<int64_t>(content.tensors.size()));
}

TEST(WeightInit, MoreLevelsTakeTheLastOnesParameters) {
  VisionModel small(config_with("multipole2d", 32, 2)), large(config_with("multipole2d", 64, 2));
  const auto given = copies_of(small);
  const auto report = initialize_weights(*large, given, "other");
  // missing is only what no level of the same block has
  for (const auto& entry : report.entries) {
    if (entry.fate != WeightFate::kMissing) continue;
    const auto stem = entry.name.substr(0, entry.name.find_last_of('_'));
    EXPECT_FALSE(given.contains(stem + "_1")) << entry.name;
  }
  EXPECT_EQ(report.count(WeightFate::kMismatched), 0);
  EXPECT_GT(report.count(WeightFate::kAdapted), 0);
  const auto own = named_weights(*large);
  const std::string bias = "backbone.stages.0.blocks.0.attention.far_bias_";
  EXPECT_TRUE(torch::equal(own.at(bias + "3"), given.at(bias + "2")));
  // levels that the file lacks behave as the forward pass treats them: the same logits before and after
  small->eval();
  large->eval();
  const auto images = torch::randn({1, 3, 64, 64});
  EXPECT_TRUE(torch::allclose(small->forward(images), large->forward(images), 1e-4, 1e-5));
}

TEST(WeightInit, AnotherCellSizeKeepsOffsetsAndMeans) {
  VisionModel from(config_with("multipole2d", 64, 4)), to(config_with("multipole2d", 64, 2));
  const auto given = copies_of(from);
  const auto report = initialize_weights(*to, given, "other");
  EXPECT_EQ(report.count(WeightFate::kMismatched), 0);
  const auto own = named_weights(*to);
  const std::string prefix = "backbone.stages.0.blocks.0.attention.";
  // offset 0 stands in the middle of both tables
  EXPECT_TRUE(torch::equal(own.at(prefix + "near_bias").select(1, 3).select(1, 3),
                           given.at(prefix + "near_bias").select(1, 7).select(1, 7)));
  EXPECT_TRUE(torch::equal(own.at(prefix + "far_bias_2"), given.at(prefix + "far_bias_1")));
}

TEST(WeightInit, LearnedPositionsAreResizedToAnotherPicture) {
  ModelConfig config;
  config.backbone = {{"family", "vit"}, {"image_size", 32}, {"patch_size", 8},
                     {"embed_dim", 16}, {"depth", 1},       {"num_heads", 2}};
  config.num_classes = 3;
  VisionModel from(config);
  config.backbone["image_size"] = 56;
  VisionModel to(config);
  const std::string name = "backbone.positions.weight";
  const auto report = initialize_weights(*to, copies_of(from), "other");
  EXPECT_EQ(entry_of(report, name).fate, WeightFate::kAdapted);
  EXPECT_EQ(report.count(WeightFate::kMismatched), 0);
  const auto given = named_weights(*from).at(name), resized = named_weights(*to).at(name);
  EXPECT_EQ(resized.sizes(), (std::vector<int64_t>{7, 7, 16}));
  EXPECT_NEAR(resized.mean().item<float>(), given.mean().item<float>(), 0.01);
  EXPECT_TRUE(resize_positions(given, 4, 4).equal(given));
}

TEST(WeightAdaptation, AveragesStayAverages) {
  for (const auto& [from, to] : {std::pair{2, 4}, std::pair{4, 2}, std::pair{4, 8}, std::pair{8, 2}}) {
    const auto basis = averaging_basis2d(from, 4, 1, 3).token_basis;
    const auto expected = averaging_basis2d(to, 4, 1, 3).token_basis;
    EXPECT_TRUE(torch::allclose(resize_token_basis(basis, to), expected, 1e-6, 1e-7)) << from << " to " << to;
  }
  const int64_t cell = test::random_int(2, 9), other = test::random_int(2, 9);
  const auto basis = torch::randn({4, cell, cell, 5});
  EXPECT_TRUE(torch::allclose(resize_token_basis(basis, other).sum({1, 2}), basis.sum({1, 2}), 1e-5, 1e-5));
}

TEST(WeightAdaptation, NearBiasIsCutOrContinued) {
  const auto bias = torch::randn({2, 15, 15});
  EXPECT_TRUE(torch::equal(resize_near_bias(bias, 2), bias.slice(1, 4, 11).slice(2, 4, 11)));
  const auto grown = resize_near_bias(bias, 5);
  EXPECT_EQ(grown.size(1), 19);
  EXPECT_TRUE(torch::equal(grown.slice(1, 2, 17).slice(2, 2, 17), bias));
  EXPECT_TRUE(torch::equal(grown.select(1, 0).select(1, 0), bias.select(1, 0).select(1, 0)));
}

}  // namespace
}  // namespace multipole
