// The embedder with pictures as tensors: what the model's backbone itself says, by any way of asking and from several
// threads.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <atomic>
#include <cmath>
#include <thread>
#include <type_traits>

#include "base/error.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "tasks/classification/prediction/classifier.h"
#include "tasks/embedding/embedder.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"
#include "tests/tasks/embedding/embedder_models.h"

namespace multipole {
namespace {

using test::random_int;

static_assert(std::is_nothrow_move_constructible_v<Embedder> && !std::is_copy_constructible_v<Embedder>);

constexpr EmbeddingQuestion kMaps = {.kind = FeatureKind::kMap};

class EmbedderOfTensors : public ::testing::Test {
 protected:
  EmbedderOfTensors() {
    test::write_random_model(folder_ / "classifier", {"cat", "dog", "owl"});
    test::write_random_vit(folder_ / "vit");
    test::write_random_segmenter(folder_ / "segmenter", {"sky", "road"});
    for (int i = 0; i < 7; ++i) {
      pictures_.push_back(torch::randint(0, 256, {random_int(1, 90), random_int(1, 90), 3}, torch::kUInt8));
    }
  }

  Embedder embedder(const std::string& name, EmbedderOptions options = {}) const {
    options.device = "cpu";
    if (options.precision == "auto") options.precision = "float32";
    return Embedder(folder_ / name, options);
  }

  test::TemporaryFolder folder_;
  std::vector<torch::Tensor> pictures_;
};

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) { return (a - b).abs().max().item<double>(); }

TEST_F(EmbedderOfTensors, VectorsAndMapsAreTheBackbonesOwn) {
  for (const char* name : {"classifier", "vit", "segmenter"}) {
    const Embedder asked = embedder(name);
    VisionModel model = load_model(folder_ / name).model;
    const torch::NoGradGuard no_grad;
    for (const auto& picture : pictures_) {
      const auto input = preprocess(picture, asked.preprocessing()).unsqueeze(0);
      const auto vector = asked.embed(picture), map = asked.embed(picture, kMaps);
      ASSERT_EQ(vector.sizes(), (torch::IntArrayRef{asked.embedding_dim()}));
      EXPECT_LT(largest_difference(vector, model->backbone()->embed(input)[0]), 1e-4) << name;
      const auto maps = model->backbone()->forward_intermediates(input);
      ASSERT_EQ(map.sizes(), maps.back()[0].sizes());
      EXPECT_LT(largest_difference(map, maps.back()[0]), 1e-4) << name;
      EXPECT_EQ(map.size(0), asked.map_channels());
      const int64_t size = asked.preprocessing().image_size, stride = asked.map_stride();
      EXPECT_EQ(map.size(1), (size + stride - 1) / stride);
    }
  }
}

TEST_F(EmbedderOfTensors, AClassifiersLogitsAreItsLastLayerOnTheVector) {
  const Embedder asked = embedder("classifier");
  const Classifier classifier(folder_ / "classifier", {.device = "cpu", .precision = "float32"});
  const auto weights = named_weights(*load_model(folder_ / "classifier").model);
  const torch::NoGradGuard no_grad;
  for (const auto& picture : pictures_) {
    const auto input = preprocess(picture, asked.preprocessing()).unsqueeze(0);
    const auto logits = weights.at("head.linear.weight").mv(asked.embed(picture)) + weights.at("head.linear.bias");
    EXPECT_LT(largest_difference(logits, classifier.logits(input)[0]), 1e-4);
  }
}

TEST_F(EmbedderOfTensors, SeveralAreInOrderWithTheirOwnErrors) {
  pictures_[2] = torch::zeros({4, 4});
  for (const int64_t at_a_time : {1, 3, 64}) {
    const Embedder asked = embedder("vit", {.batch_size = at_a_time});
    const auto found = asked.embed(pictures_);
    ASSERT_EQ(found.size(), pictures_.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].error.empty(), i != 2);
      EXPECT_EQ(found[i].features.defined(), i != 2);
      if (i != 2) {
        EXPECT_LT(largest_difference(found[i].features, asked.embed(pictures_[i])), 1e-4);
      }
    }
  }
  EXPECT_TRUE(embedder("vit").embed(std::span<const torch::Tensor>()).empty());
}

TEST_F(EmbedderOfTensors, NormalizedVectorsHaveLengthOne) {
  const Embedder asked = embedder("vit");
  const auto plain = asked.embed(pictures_[0]), unit = asked.embed(pictures_[0], {.normalize = true});
  EXPECT_NEAR(unit.norm().item<double>(), 1, 1e-5);
  EXPECT_LT(largest_difference(unit, plain / plain.norm()), 1e-5);
  const auto map = asked.embed(pictures_[0], {.kind = FeatureKind::kMap, .normalize = true});
  EXPECT_LT(largest_difference(map.norm(2, {0}), torch::ones({4, 4})), 1e-5);
}

TEST_F(EmbedderOfTensors, FeaturesThatAreNoNumbersAreAnError) {
  LoadedModel loaded = load_model(folder_ / "vit");
  {
    const torch::NoGradGuard no_grad;
    named_weights(*loaded.model).at("backbone.norm.bias")[3] = std::nanf("");
  }
  save_model(folder_ / "vit", *loaded.model, loaded.metadata);
  const Embedder asked = embedder("vit");
  EXPECT_THROW(asked.embed(pictures_[0]), Error);
  for (const auto& found : asked.embed(pictures_, {.normalize = true})) {
    EXPECT_NE(found.error.find("no finite numbers"), std::string::npos);
    EXPECT_FALSE(found.features.defined());
  }
}

TEST_F(EmbedderOfTensors, AnotherSizeOfPictures) {
  const int64_t size = random_int(20, 70);
  for (const char* name : {"classifier", "vit", "segmenter"}) {
    const Embedder asked = embedder(name, {.image_size = size});
    EXPECT_EQ(asked.preprocessing().image_size, size);
    EXPECT_EQ(asked.embed(pictures_[0], kMaps).size(2), (size + asked.map_stride() - 1) / asked.map_stride());
    EXPECT_EQ(asked.embed(pictures_[0]).size(0), asked.embedding_dim());
  }
}

TEST_F(EmbedderOfTensors, ThreadsGetWhatEachWouldGetAlone) {
  for (const char* name : {"classifier", "vit"}) {
    const Embedder asked = embedder(name, {.threads = 2, .batch_size = 3});
    const auto alone = asked.embed(pictures_);
    std::atomic<int> different = 0;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 3; ++caller) {
      callers.emplace_back([&] {
        const auto found = asked.embed(pictures_);
        for (size_t i = 0; i < found.size(); ++i) {
          if (!found[i].features.equal(alone[i].features)) ++different;
        }
      });
    }
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(different, 0) << name;
  }
}

TEST_F(EmbedderOfTensors, ThreadsOfACallAreItsOwn) {
  const int before = at::get_num_threads();
  const Embedder asked = embedder("vit", {.threads = before + 2});
  const auto found = asked.embed(pictures_);
  EXPECT_EQ(at::get_num_threads(), before);
  const auto expected = embedder("vit").embed(pictures_);
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_LT(largest_difference(found[i].features, expected[i].features), 1e-4);
  }
}

TEST_F(EmbedderOfTensors, OptionsOutOfRangeAndFilesThatAreNoModels) {
  EXPECT_THROW(embedder("vit", {.threads = -1}), ConfigError);
  EXPECT_THROW(embedder("vit", {.batch_size = 0}), ConfigError);
  EXPECT_THROW(embedder("vit", {.image_size = -1}), ConfigError);
  EXPECT_THROW(embedder("vit", {.image_size = 1 << 20}), ConfigError);
  EXPECT_THROW(Embedder(folder_ / "vit", {.device = "gpu"}), ConfigError);
  test::write_text(folder_ / "text", "no model");
  EXPECT_THROW(embedder("text"), ModelFileError);
  EXPECT_THROW(embedder("absent"), ModelFileError);
}

TEST_F(EmbedderOfTensors, StaysWholeWhenItIsMoved) {
  Embedder first = embedder("vit");
  const auto expected = first.embed(pictures_[0]);
  const Embedder second = std::move(first);
  EXPECT_TRUE(second.embed(pictures_[0]).equal(expected));
}

}  // namespace
}  // namespace multipole
