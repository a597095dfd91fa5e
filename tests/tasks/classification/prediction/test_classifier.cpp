// The classifier with pictures as tensors: what the model itself says, by any way of asking and from several threads.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <thread>
#include <type_traits>

#include "base/error.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/classifier_file.h"
#include "engine/report/calibration.h"
#include "heads/metrics/answers.h"
#include "tasks/classification/prediction/classifier.h"
#include "tests/support/model_file.h"
#include "tests/support/random_source.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;

static_assert(std::is_nothrow_move_constructible_v<Classifier> && !std::is_copy_constructible_v<Classifier>);

bool same(const std::vector<ClassPrediction>& a, const std::vector<ClassPrediction>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name || a[i].index != b[i].index || a[i].probability != b[i].probability) return false;
  }
  return true;
}

class ClassifierOfTensors : public ::testing::Test {
 protected:
  ClassifierOfTensors() {
    test::write_random_model(model(), {"cat", "dog", "owl"});
    for (int i = 0; i < 7; ++i) {
      pictures_.push_back(torch::randint(0, 256, {random_int(1, 90), random_int(1, 90), 3}, torch::kUInt8));
    }
  }

  std::filesystem::path model() const { return folder_ / "model"; }
  // Rewrites the model file.
  void change(const std::function<void(LoadedModel&)>& how) {
    LoadedModel loaded = load_model(model());
    how(loaded);
    save_model(model(), *loaded.model, loaded.metadata);
  }
  Classifier classifier(ClassifierOptions options = {}) const {
    options.device = "cpu";
    if (options.precision == "auto") options.precision = "float32";
    return Classifier(model(), options);
  }

  test::TemporaryFolder folder_;
  std::vector<torch::Tensor> pictures_;
};

TEST_F(ClassifierOfTensors, SaysWhatTheModelSays) {
  change([](LoadedModel& loaded) { loaded.metadata.training = {{"calibration", {{"temperature", 2.5}}}}; });
  const Classifier asked = classifier();
  EXPECT_EQ(asked.classes(), (std::vector<std::string>{"cat", "dog", "owl"}));
  EXPECT_FALSE(asked.has_several_classes());
  EXPECT_EQ(asked.precision(), "float32");
  EXPECT_TRUE(asked.device().is_cpu());
  LoadedModel loaded = load_model(model());
  const auto preprocessing = config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing");
  EXPECT_EQ(to_json_config(asked.preprocessing()), to_json_config(preprocessing));
  const torch::NoGradGuard no_grad;
  for (const auto& picture : pictures_) {
    const auto logits = loaded.model->forward(preprocess(picture, preprocessing).unsqueeze(0));
    const auto probabilities = calibrated_probabilities(logits, 2.5)[0];
    const auto found = asked.predict(picture);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].index, probabilities.argmax().item<int64_t>());
    for (const auto& prediction : found) {
      EXPECT_EQ(prediction.name, asked.classes().at(static_cast<size_t>(prediction.index)));
      EXPECT_NEAR(prediction.probability, probabilities[prediction.index].item<double>(), 1e-6);
    }
    EXPECT_TRUE(same(asked.predict(picture, {.top_k = 1}), {found[0]}));
  }
}

TEST_F(ClassifierOfTensors, AsksForTheMirrorImageWhereItIsToldTo) {
  const Classifier asked = classifier();
  const int64_t size = asked.preprocessing().image_size;
  const auto batch = torch::randn({3, 3, size, size});
  const auto mean = (asked.logits(batch) + asked.logits(batch.flip({3}))) / 2;
  EXPECT_TRUE(torch::allclose(asked.logits(batch, /*flip=*/true), mean, 1e-4, 1e-6));
  EXPECT_FALSE(torch::allclose(asked.logits(batch), mean, 1e-4, 1e-6));
  const auto several = asked.predict(pictures_, {.flip = true});
  for (size_t i = 0; i < pictures_.size(); ++i) {
    const auto image = preprocess(pictures_[i], asked.preprocessing()).unsqueeze(0);
    const auto expected = asked.answers(asked.logits(image, /*flip=*/true)).at(0).predictions;
    EXPECT_TRUE(same(asked.predict(pictures_[i], {.flip = true}), expected)) << pictures_[i].sizes();
    ASSERT_EQ(several[i].predictions.size(), expected.size());
    EXPECT_NEAR(several[i].predictions[0].probability, expected[0].probability, 1e-5);
  }
}

TEST_F(ClassifierOfTensors, BatchesOfAnySizeSayTheSame) {
  for (const int64_t batch_size : {1, 3, 64}) {
    const Classifier asked = classifier({.batch_size = batch_size});
    const auto answers = asked.predict(pictures_, {.top_k = 2});
    ASSERT_EQ(answers.size(), pictures_.size());
    for (size_t i = 0; i < answers.size(); ++i) {
      const auto alone = asked.predict(pictures_[i]);
      EXPECT_EQ(answers[i].error, "");
      ASSERT_EQ(answers[i].predictions.size(), 2u);
      for (const auto& prediction : answers[i].predictions) {
        const auto match =
            std::find_if(alone.begin(), alone.end(), [&](auto& p) { return p.index == prediction.index; });
        ASSERT_NE(match, alone.end());
        EXPECT_NEAR(prediction.probability, match->probability, 1e-5);
      }
      EXPECT_TRUE(batch_size > 1 || answers[i].predictions[0].probability == alone[0].probability);
    }
  }
  EXPECT_TRUE(classifier().predict(std::span<const torch::Tensor>()).empty());
}

TEST_F(ClassifierOfTensors, SeveralThreadsGetWhatOneGets) {
  for (const char* precision : {"float32", "bfloat16"}) {
    const Classifier asked = classifier({.precision = precision});
    std::vector<std::vector<ClassPrediction>> expected;
    for (const auto& picture : pictures_) expected.push_back(asked.predict(picture));
    const auto together = asked.predict(pictures_);
    constexpr int kThreads = 6, kRounds = 5;
    std::atomic<int> num_wrong{0}, num_asked{0};
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int round = 0; round < kRounds; ++round) {
          for (size_t i = 0; i < pictures_.size(); ++i, ++num_asked) {
            const size_t place = (i + static_cast<size_t>(t)) % pictures_.size();
            if (!same(asked.predict(pictures_[place]), expected[place])) ++num_wrong;
          }
          const auto again = asked.predict(pictures_);
          for (size_t i = 0; i < again.size(); ++i) {
            if (!same(again[i].predictions, together[i].predictions)) ++num_wrong;
          }
        }
      });
    }
    threads.clear();
    EXPECT_EQ(num_asked, kThreads * kRounds * 7);
    EXPECT_EQ(num_wrong, 0) << precision;
  }
}

TEST_F(ClassifierOfTensors, WrongPicturesAreThrownAloneAndToldAmongOthers) {
  const Classifier asked = classifier();
  const std::vector<torch::Tensor> wrong = {torch::zeros({9, 9, 3}), torch::zeros({3, 9, 9}, torch::kUInt8),
                                            torch::zeros({0, 9, 3}, torch::kUInt8), torch::Tensor()};
  for (const auto& picture : wrong) EXPECT_THROW(asked.predict(picture), InputError);
  const auto answers = asked.predict(std::vector<torch::Tensor>{wrong[0], pictures_[0], wrong[3]});
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_NE(answers[0].error.find("Float (9, 9, 3)"), std::string::npos) << answers[0].error;
  EXPECT_TRUE(answers[0].predictions.empty());
  EXPECT_TRUE(same(answers[1].predictions, asked.predict(pictures_[0])));
  EXPECT_NE(answers[2].error, "");
  const auto none = asked.predict(wrong);
  for (const auto& answer : none) EXPECT_NE(answer.error, "");
}

TEST_F(ClassifierOfTensors, NoAnswerIsAnError) {
  // preprocessing that makes infinity of white and zero of black
  change([](LoadedModel& loaded) {
    loaded.metadata.preprocessing["mean"] = {0.0, 0.0, 0.0};
    loaded.metadata.preprocessing["std"] = {1e-39, 1e-39, 1e-39};
  });
  const Classifier asked = classifier();
  const auto white = torch::full({20, 20, 3}, 255, torch::kUInt8), black = torch::zeros({20, 20, 3}, torch::kUInt8);
  try {
    asked.predict(white);
    FAIL();
  } catch (const InputError&) {
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), kNoAnswer);
  }
  const auto answers = asked.predict(std::vector<torch::Tensor>{white, black});
  EXPECT_EQ(answers[0].error, kNoAnswer);
  EXPECT_EQ(answers[1].error, "");
  EXPECT_EQ(answers[1].predictions.size(), 3u);
}

TEST_F(ClassifierOfTensors, SeveralClassesAPicture) {
  change([](LoadedModel& loaded) { loaded.metadata.task = kMultiLabelClassification; });
  const Classifier asked = classifier();
  EXPECT_TRUE(asked.has_several_classes());
  EXPECT_EQ(asked.predict(pictures_[0], {.threshold = 0.0}).size(), 3u);
  EXPECT_EQ(asked.predict(pictures_[0], {.top_k = 1, .threshold = 0.0}).size(), 1u);
  EXPECT_TRUE(asked.predict(pictures_[0], {.threshold = 1.0}).empty());
  for (const auto& picture : pictures_) {
    for (const auto& prediction : asked.predict(picture)) EXPECT_GT(prediction.probability, kDefaultThreshold);
  }
}

TEST_F(ClassifierOfTensors, QuestionsAreCheckedBeforeAnyPicture) {
  const Classifier asked = classifier();
  EXPECT_THROW(asked.predict(pictures_[0], {.top_k = 0}), ConfigError);
  EXPECT_THROW(asked.predict(std::span<const torch::Tensor>(), {.threshold = 0.5}), ConfigError);
}

TEST_F(ClassifierOfTensors, OptionsOutOfRange) {
  EXPECT_THROW(Classifier(model(), {.device = "gpu"}), ConfigError);
  EXPECT_THROW(Classifier(model(), {.precision = "float16"}), ConfigError);
  EXPECT_THROW(Classifier(model(), {.threads = -1}), ConfigError);
  EXPECT_THROW(Classifier(model(), {.batch_size = 0}), ConfigError);
}

TEST_F(ClassifierOfTensors, FilesThatAreNoClassifiers) {
  test::write_random_segmenter(folder_ / "segmenter", {"sky", "road"});
  try {
    const Classifier asked(folder_ / "segmenter", {.device = "cpu"});
    FAIL();
  } catch (const ModelFileError& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find((folder_ / "segmenter").string()), std::string::npos) << what;
    EXPECT_NE(what.find("a model for segmentation, where one for classification is needed"), std::string::npos) << what;
  }
  test::write_text(folder_ / "text", "no model");
  EXPECT_THROW(Classifier(folder_ / "text", {.device = "cpu"}), ModelFileError);
  EXPECT_THROW(Classifier(folder_ / "absent", {.device = "cpu"}), Error);
}

TEST_F(ClassifierOfTensors, BFloat16IsNear) {
  const Classifier exact = classifier(), mixed = classifier({.precision = "bfloat16"});
  EXPECT_EQ(mixed.precision(), "bfloat16");
  double difference = 0;
  for (const auto& picture : pictures_) {
    const auto a = exact.answers(exact.logits(preprocess(picture, exact.preprocessing()).unsqueeze(0)))[0].predictions;
    const auto b = mixed.predict(picture);
    for (const auto& p : a) {
      for (const auto& q : b) {
        if (p.index == q.index) difference = std::max(difference, std::abs(p.probability - q.probability));
      }
    }
  }
  EXPECT_LT(difference, 0.05);
  EXPECT_GT(difference, 0);  // it was computed in another precision
}

TEST_F(ClassifierOfTensors, ThreadsOfACallAreItsOwn) {
  const int before = at::get_num_threads();
  const Classifier asked = classifier({.threads = before + 1});
  const auto found = asked.predict(pictures_[0]);
  EXPECT_EQ(at::get_num_threads(), before);
  EXPECT_THROW(asked.predict(torch::zeros({1})), InputError);
  EXPECT_EQ(at::get_num_threads(), before);
  const auto expected = classifier().predict(pictures_[0]);
  ASSERT_EQ(found.size(), expected.size());
  EXPECT_NEAR(found[0].probability, expected[0].probability, 1e-5);
}

TEST_F(ClassifierOfTensors, PartsForBatchesOfOnesOwn) {
  const Classifier asked = classifier();
  std::vector<torch::Tensor> prepared;
  for (const auto& picture : pictures_) prepared.push_back(preprocess(picture, asked.preprocessing()));
  const auto batch = torch::stack(prepared);
  auto logits = asked.logits(batch);
  ASSERT_EQ(logits.sizes(), (torch::IntArrayRef{7, 3}));
  EXPECT_EQ(logits.scalar_type(), torch::kFloat);
  EXPECT_FALSE(logits.requires_grad());
  logits.add_(0);  // would throw for a tensor of inference
  EXPECT_EQ(asked.answers(logits).size(), 7u);
  const auto maps = asked.explain(batch, logits.argmax(1));
  EXPECT_EQ(maps.sizes(), (torch::IntArrayRef{7, 32, 32}));
  EXPECT_TRUE((maps.ge(0) & maps.le(1)).all().item<bool>());
  EXPECT_THROW(asked.logits(torch::zeros({3, 32})), c10::Error);
}

TEST_F(ClassifierOfTensors, AnotherSizeOfPictures) {
  const Classifier asked = classifier({.image_size = 57});
  EXPECT_EQ(asked.preprocessing().image_size, 57);
  const auto input = preprocess(pictures_[0], asked.preprocessing()).unsqueeze(0);
  EXPECT_EQ(input.size(3), 57);
  EXPECT_TRUE(same(asked.answers(asked.logits(input))[0].predictions, asked.predict(pictures_[0])));
  EXPECT_THROW(classifier({.image_size = -1}), ConfigError);
}

TEST_F(ClassifierOfTensors, StaysWholeWhenItIsMoved) {
  Classifier first = classifier();
  const auto expected = first.predict(pictures_[0]);
  const Classifier second = std::move(first);
  EXPECT_TRUE(same(second.predict(pictures_[0]), expected));
}

}  // namespace
}  // namespace multipole
