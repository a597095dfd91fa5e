// A small segmentation model in a file, pictures for it, and how its answers are compared.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <filesystem>

#include "engine/files/model_file.h"
#include "tasks/segmentation/inference/inference_plan.h"
#include "tasks/segmentation/prediction/segmenter.h"
#include "tests/support/random_source.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole::test {

inline constexpr TileOptions kWhole = {.mode = TileMode::kNone},
                             kTiles = {.mode = TileMode::kFixed, .tile = 64, .overlap = 32};
inline constexpr MapOutputs kEverything = {.probability = true, .uncertainty = true};

inline bool same(const Segmentation& a, const Segmentation& b) {
  const auto alike = [](const torch::Tensor& x, const torch::Tensor& y) {
    return x.defined() == y.defined() && (!x.defined() || x.equal(y));
  };
  return alike(a.classes, b.classes) && alike(a.probability, b.probability) && alike(a.uncertainty, b.uncertainty);
}

class SegmenterOfTensors : public ::testing::Test {
 protected:
  SegmenterOfTensors() { write_random_segmenter(model(), {"sky", "road", "tree"}); }

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

  TemporaryFolder folder_;
};

}  // namespace multipole::test
