#include "tests/support/brightness_task.h"

#include <cmath>
#include <fstream>

#include "backbone/layers/linear.h"
#include "base/fields.h"
#include "base/sample_random.h"
#include "datasets/loading/loader.h"
#include "engine/training/train_config.h"
#include "engine/training/vision_run.h"

namespace multipole::test {
namespace {

struct BrightnessHeadConfig {
  template <class Self, class Field>
  static void fields(Self&, Field&&) {}
};

class BrightnessHead : public Head {
 public:
  static constexpr const char* kTask = "brightness";
  static double count_parameters(const BrightnessHeadConfig&, const std::vector<FeatureInfo>& info, int64_t outputs) {
    return static_cast<double>((info.back().num_channels + 1) * outputs);
  }

  BrightnessHead(const BrightnessHeadConfig&, const std::vector<FeatureInfo>& info, int64_t outputs,
                 const std::string&) {
    linear_ = register_module("linear", Linear(info.back().num_channels, outputs));
  }

  torch::Tensor forward(const FeatureMaps& features, ImageSize) override {
    return linear_(features.maps.back().mean({2, 3}));
  }

 private:
  Linear linear_{nullptr};
};

struct BrightnessConfig {
  ModelConfig model;
  TrainConfig train;
  Preprocessing preprocessing;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("model", self.model, "backbone and head");
    field("train", self.train, "how it is trained");
    field("preprocessing", self.preprocessing, "what the model sees");
  }
};

// Pictures of one gray and noise.
class GrayPictures : public Dataset {
 public:
  int64_t size() const override { return 32; }
  std::string path(int64_t index) const override { return "gray/" + std::to_string(index); }
  Sample get(int64_t index) const override {
    SampleRandom random(5, 0, static_cast<uint64_t>(index));
    const int64_t gray = 20 + random.below(200);
    auto image = torch::empty({16, 16, 3}, torch::kUInt8);
    for (int64_t i = 0; i < image.numel(); ++i)
      image.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(gray + random.below(9));
    return {image, gray, {}, path(index)};
  }
};

torch::Tensor error_of(VisionModel& model, const torch::Tensor& images, const Batch& batch) {
  return (model->forward(images).squeeze(1) - batch.labels.to(torch::kFloat) / 255).square().mean();
}

class BrightnessTrainTask : public TaskOf<VisionModel> {
 public:
  BrightnessTrainTask(Loader& validation, const std::filesystem::path& best_path, const ModelMetadata& metadata)
      : validation_(validation), best_path_(best_path), metadata_(metadata) {}

  torch::Tensor loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) override {
    return error_of(model, images, batch);
  }

  TaskEvaluation evaluate(VisionModel& model, const ProcessGroup&, const std::atomic<bool>*) override {
    const torch::NoGradGuard no_grad;
    validation_.start_epoch(0);
    const auto batch = validation_.next();
    const double error = std::sqrt(error_of(model, batch->images, *batch).item<double>());
    return {.score = 1 - error, .metrics = {{"error", error}}};
  }

  void save_best(const VisionModel& model, const Json& summary) override {
    ModelMetadata metadata = metadata_;
    metadata.training.update(summary);
    save_model(best_path_, *model, metadata);
  }

 private:
  Loader& validation_;
  std::filesystem::path best_path_;
  ModelMetadata metadata_;
};

BrightnessConfig resolved(const Json& settings) {
  auto config = config_from_json<BrightnessConfig>(settings, "");
  config.model.num_classes = 1;
  config.model = resolve_model_config(config.model);
  require_head_task(config.model.head, BrightnessHead::kTask, "model.head");
  return config;
}

class BrightnessTraining : public OpenedTraining {
 public:
  explicit BrightnessTraining(const Json& settings) : config_(resolved(settings)) {
    LoaderOptions options;
    options.batch_size = config_.train.batch_size;
    options.num_workers = 0;
    const auto make = [&] {
      return std::make_unique<Loader>(std::make_shared<GrayPictures>(), make_eval_transform(config_.preprocessing),
                                      config_.preprocessing, options);
    };
    train_ = make();
    validation_ = make();
  }

  TrainingRun run() const override {
    ModelMetadata metadata;
    metadata.task = BrightnessHead::kTask;
    metadata.classes = {"brightness"};
    metadata.preprocessing = to_json_config(config_.preprocessing);
    const auto make_task = [this](const Execution&, const std::filesystem::path& best_path,
                                  const ModelMetadata& complete) {
      return std::make_unique<BrightnessTrainTask>(*validation_, best_path, complete);
    };
    return vision_run({.model = config_.model, .metadata = metadata, .make_task = make_task},
                      {.train = config_.train,
                       .config = to_json_config(config_),
                       .data = {{"pictures", 32}},
                       .stream = *train_,
                       .validation_stream = validation_.get(),
                       .train_samples = 32,
                       .validation_samples = 32});
  }

  void report(const std::filesystem::path& run_folder, TrainObserver&, const std::atomic<bool>*) const override {
    std::ofstream(run_folder / "report.txt") << "bright\n";
  }

  std::string score_name() const override { return "closeness"; }

 private:
  BrightnessConfig config_;
  std::unique_ptr<Loader> train_, validation_;
};

class BrightnessTask : public Task {
 public:
  std::string train_summary() const override { return "learn how bright pictures are"; }
  std::string data_help() const override { return "anything"; }
  ModelConfig model(const Json& settings) const override { return resolved(settings).model; }
  std::unique_ptr<OpenedTraining> open(const Json& settings, const std::filesystem::path&) const override {
    return std::make_unique<BrightnessTraining>(settings);
  }
  std::string score_words(const std::string&) const override { return "closeness"; }
  std::string study_score() const override { return "Closeness"; }
  std::vector<TaskScores> scores() const override {
    return {{BrightnessHead::kTask, "error", "Error", {{"error", "metrics", "error", false}}}};
  }
};

}  // namespace

HeadEntry brightness_head() { return head_of<BrightnessHead, BrightnessHeadConfig>(); }

std::shared_ptr<const Task> brightness_task() { return std::make_shared<BrightnessTask>(); }

}  // namespace multipole::test
