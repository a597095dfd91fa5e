#include <gtest/gtest.h>
#include <torch/types.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <functional>
#include <string>

#include "base/error.h"
#include "engine/files/model_file.h"
#include "heads/model/registry.h"
#include "tasks/segmentation/evaluation/segment_evaluator.h"
#include "tasks/segmentation/segment_data.h"
#include "tasks/segmentation/training/segment_task.h"
#include "tasks/segmentation/training/segment_training.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/engine/training/resume_check.h"
#include "tests/support/small_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

struct SegmentRecorder : TrainObserver {
  std::string messages;
  std::function<void(const StepReport&)> after_step;

  void on_message(const std::string& message) override { messages += message + "\n"; }
  void on_step(const StepReport& report) override {
    if (after_step) after_step(report);
  }
};

// A bright rectangle (class 1) on a dark ground (class 0); the picture's edge is ignored. Sizes differ.
void write_picture(const test::TemporaryFolder& root, const std::string& split, int number) {
  const int64_t height = 20 + number % 3, width = 26 + number % 5;
  auto ids = torch::zeros({height, width}, torch::kByte);
  ids.narrow(0, 3 + number % 4, 9).narrow(1, 2 + number % 7, 11).fill_(1);
  const auto image = (ids * 180 + 30).unsqueeze(2).expand({height, width, 3}).contiguous();
  ids.select(0, 0).fill_(255);
  const std::string name = split + "/" + std::to_string(number) + ".png";
  root.write("data/images/" + name, encode_png(image));
  root.write("data/annotations/" + name, test::encode_mask(ids));
}

class SegmentTraining : public ::testing::Test {
 protected:
  SegmentTraining() {
    root_.write("data/classes.txt", {'a', '\n', 'b', '\n'});
    for (int i = 0; i < 12; ++i) write_picture(root_, "train", i);
    for (int i = 12; i < 16; ++i) write_picture(root_, "val", i);
  }

  std::filesystem::path data() const { return root_ / "data"; }

  SegmentConfig config(const std::string& head = "segformer") const {
    SegmentConfig config;
    config.model = test::small_model_config("multipole2d", 0);
    config.model.backbone.erase("image_size");
    config.model.backbone["drop_path_rate"] = 0.1;
    config.model.head = {{"type", head}};
    if (head != "linear") config.model.head.update({{"channels", 16}, {"auxiliary", true}});
    config.augmentation.crop_size = {20, 24};
    config.augmentation.scale = {0.8, 1.25};
    config.loss.class_weights = "auto";
    config.loss.lovasz = 0.2;
    config.train.epochs = 2;
    config.train.batch_size = 3;
    config.train.precision = "float32";
    config.train.optimizer = {{"type", "adamw"}, {"lr", 0.005}};
    return config;
  }

  TrainResult train(const SegmentConfig& config, const std::filesystem::path& out, int64_t stop_after = -1,
                    const ResumeOptions& resume = {}) {
    std::atomic<bool> stop = false;
    SegmentRecorder recorder;
    if (stop_after >= 0) recorder.after_step = [&](const StepReport& report) { stop = report.step >= stop_after; };
    const auto result = train_opened(*open_segmenter_training(config, data()), root_ / out, recorder, resume, &stop);
    messages_ = recorder.messages;
    return result;
  }

  std::string segment_error_of(const SegmentConfig& config) {
    try {
      train(config, "failed");
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  test::TemporaryFolder root_;
  std::string messages_;
};

TEST_F(SegmentTraining, EveryHeadLeavesAModelThatSaysWhatItIs) {
  for (const auto& head : head_types("segmentation")) {
    SCOPED_TRACE(head);
    const auto result = train(config(head), head);
    EXPECT_EQ(result.num_steps, 8);
    const auto loaded = load_model(result.best_model, "segmentation");
    EXPECT_EQ(loaded.metadata.classes, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(loaded.metadata.architecture.head["type"], head);
    EXPECT_EQ(loaded.metadata.architecture.backbone["image_size"], 24);
    EXPECT_DOUBLE_EQ(loaded.metadata.training["metrics"]["miou"].get<double>(), result.best_score);
    const Json written = read_json_file(root_ / head / "config.json");
    EXPECT_EQ(to_json_config(resolve_segment_config(config_from_json<SegmentConfig>(written, ""))), written);
  }
  EXPECT_NE(messages_.find("12 pictures with masks"), std::string::npos) << messages_;
}

TEST_F(SegmentTraining, LearnsWhatABrightRectangleIs) {
  auto longer = config();
  longer.train.epochs = 12;
  longer.train.schedule.warmup_epochs = 1;
  EXPECT_GT(train(longer, "run").best_score, 0.8);
}

TEST_F(SegmentTraining, AStoppedAndResumedRunEndsInTheSameBits) {
  const auto run = [&](const std::filesystem::path& out, int64_t stop_after) {
    return train(config(), out, stop_after);
  };
  test::expect_same_bits_after_stops(run, {{3}, {4}});
}

TEST_F(SegmentTraining, ACoarseViewIsLearntAndResumedInTheSameBits) {
  auto with_context = config();
  with_context.model.head["context"] = true;
  const auto run = [&](const std::filesystem::path& out, int64_t stop_after) {
    const auto result = train(with_context, out, stop_after);
    if (stop_after < 0) {
      const auto weights = named_weights(*load_model(result.best_model).model);
      EXPECT_GT(weights.at("head.context.weight").abs().max().item<float>(), 0) << "never learnt";
    }
    return result;
  };
  test::expect_same_bits_after_stops(run, {{3}});
}

TEST_F(SegmentTraining, BadMasksStopTheRunBeforeItStarts) {
  root_.write("data/annotations/train/3.png", test::encode_mask(torch::full({20, 29}, 9)));
  EXPECT_NE(segment_error_of(config()).find("3.png: the value 9 at row 0, column 0"), std::string::npos)
      << segment_error_of(config());
  auto tolerant = config();
  tolerant.train.max_bad = 0.2;
  train(tolerant, "tolerant");
  EXPECT_NE(messages_.find("bad: "), std::string::npos) << messages_;
}

TEST_F(SegmentTraining, ClassWeightsComeFromTheCensusOrAFile) {
  const auto open = [&](const std::string& choice) {
    auto with_weights = config();
    with_weights.loss.class_weights = choice;
    return open_segment_data(with_weights, data()).class_weights;
  };
  EXPECT_FALSE(open("none").defined());
  const auto automatic = open("auto");
  EXPECT_GT(automatic[1].item<float>(), automatic[0].item<float>());
  test::write_text(root_ / "w.json", R"({"b": 3.5, "a": 1})");
  EXPECT_TRUE(open((root_ / "w.json").string()).equal(torch::tensor({1.0f, 3.5f})));
  test::write_text(root_ / "w.json", R"({"b": 3.5, "c": 1})");
  EXPECT_THROW(open((root_ / "w.json").string()), ConfigError);
  auto blind = config();
  blind.data.census = false;
  EXPECT_NE(segment_error_of(blind).find("data.census"), std::string::npos);
}

TEST_F(SegmentTraining, AClassifiersBackboneStartsIt) {
  ModelMetadata metadata;
  metadata.architecture = test::small_model_config("multipole2d", 3);
  metadata.classes = {"x", "y", "z"};
  const VisionModel classifier(metadata.architecture);
  metadata.architecture = classifier->config();
  save_model(root_ / "classifier.safetensors", *classifier, metadata);
  auto still = config();
  still.train.optimizer["lr"] = 1e-12;
  ResumeOptions resume;
  resume.init_weights = root_ / "classifier.safetensors";
  const auto result = train(still, "run", -1, resume);
  const auto weights = named_weights(*load_model(result.best_model).model);
  const auto& name = "backbone.stages.1.blocks.0.mlp.fc1.weight";
  EXPECT_TRUE(torch::allclose(weights.at(name), named_weights(*classifier).at(name), 1e-4, 1e-6));
}

// argmax names a class for NaN, and it is right wherever the mask has that class.
TEST_F(SegmentTraining, AModelWithoutNumbersHasNoScore) {
  SegmentConfig resolved = resolve_segment_config(config());
  const SegmentData data = open_segment_data(resolved, this->data());
  resolved.model.num_classes = 2;
  VisionModel model(resolved.model);
  model->eval();
  SegmentTask task({}, SegmentationLoss(resolved.loss, 0, data.class_weights), *data.validation, {}, {});
  const ProcessGroup alone(ProcessPlace{});
  EXPECT_TRUE(std::isfinite(task.evaluate(model, alone, nullptr).score));
  for (auto& item : model->named_parameters()) {
    if (item.key() == "head.classifier.bias") item.value().detach().fill_(std::nanf(""));
  }
  const auto evaluation = task.evaluate(model, alone, nullptr);
  EXPECT_TRUE(std::isnan(evaluation.score)) << evaluation.score;
  EXPECT_EQ(evaluation.metrics["pixel_accuracy"], 0);
}

TEST_F(SegmentTraining, TestTimeCopiesAverageProbabilities) {
  auto architecture = test::small_model_config("multipole2d", 3);
  architecture.head = {{"type", "segformer"}, {"channels", 8}};
  VisionModel model(architecture);
  model->eval();
  const torch::NoGradGuard no_grad;
  const auto images = torch::randn({2, 3, 19, 30});
  const auto own = torch::softmax(model->forward(images), 1);
  EXPECT_TRUE(torch::allclose(mean_probabilities(model, images, {}), own, 1e-5, 1e-6));
  const auto mirrored = torch::softmax(model->forward(images.flip({3})), 1).flip({3});
  EXPECT_TRUE(torch::allclose(mean_probabilities(model, images, {.flip = true}), (own + mirrored) / 2, 1e-5, 1e-6));
  const auto scaled = mean_probabilities(model, images, {.scales = {0.5, 1.0, 1.5}, .flip = true});
  EXPECT_EQ(scaled.sizes(), own.sizes());
  EXPECT_TRUE(torch::allclose(scaled.sum(1), torch::ones({2, 19, 30}), 1e-4, 1e-5));
}

}  // namespace
}  // namespace multipole
