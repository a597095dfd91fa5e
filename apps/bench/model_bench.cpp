#include "apps/bench/model_bench.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "apps/bench/forced_backend.h"
#include "base/text.h"
#include "engine/bench/device_wait.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "engine/runtime/peak_memory.h"
#include "engine/training/train_step.h"
#include "heads/losses/cross_entropy.h"
#include "heads/model/model.h"

namespace multipole {
namespace {

// Training as `classify train` does it, short of data: its loss, and nothing to evaluate or save.
class RandomPictureTask : public TaskOf<VisionModel> {
 public:
  torch::Tensor loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) override {
    return cross_entropy(model->forward(images), batch.labels);
  }
  TaskEvaluation evaluate(VisionModel&, const ProcessGroup&, const std::atomic<bool>*) override { return {}; }
  void save_best(const VisionModel&, const Json&) override {}
};

Batch random_batch(const ModelCase& what, int64_t num_classes, torch::Device device) {
  Batch batch;
  batch.images = torch::randn({what.batch_size, 3, what.image_size, what.image_size})
                     .contiguous(torch::MemoryFormat::ChannelsLast)
                     .to(device);
  batch.labels = torch::randint(num_classes, {what.batch_size}, torch::kLong).to(device);
  batch.indices.resize(static_cast<size_t>(what.batch_size));
  return batch;
}

VisionModel make_model(const ModelCase& what, int64_t num_classes) {
  if (names_model_file(what.preset)) return load_model(what.preset, what.pass == "train" ? "classification" : "").model;
  ModelConfig config;
  config.preset = what.preset;
  config.num_classes = num_classes;
  if (what.attention == "full") config.backbone = {{"attention", {{"type", "full"}}}};
  return VisionModel(config);
}

// A model with its pictures, ready to be called.
class ModelCall {
 public:
  ModelCall(const ModelCase& what, const ModelBenchConfig& config)
      : pass_(what.pass),
        execution_(select_execution(config.device, what.precision)),
        model_(make_model(what, config.num_classes)),
        window_({random_batch(what, model_->config().num_classes, execution_.device)}) {
    model_->train(pass_ == "train");
    if (pass_ != "train") {
      prepare_inference(*model_, execution_);
    } else {
      model_->to(execution_.device);
      TrainConfig train;
      train.optimizer = {{"type", config.optimizer}};
      step_.emplace(train, execution_, model_, VisionModel(nullptr), task_);
    }
  }

  torch::Device device() const { return execution_.device; }

  void operator()() {
    if (step_) {
      step_->run(window_, /*lr_factor=*/0.01, num_steps_++);
    } else {
      infer();
    }
    wait_for(execution_.device);
  }

 private:
  void infer() {
    const c10::InferenceMode inference;
    const AutocastGuard autocast(execution_);
    if (pass_ == "features") {
      model_->backbone()->forward_intermediates(window_[0].images);
    } else {
      model_->forward(window_[0].images);
    }
  }

  std::string pass_;
  Execution execution_;
  VisionModel model_;
  std::vector<Batch> window_;
  RandomPictureTask task_;
  std::optional<TrainStep> step_;
  int64_t num_steps_ = 0;
};

}  // namespace

bool names_model_file(const std::string& preset) { return preset.ends_with(".safetensors"); }

const std::vector<std::string>& bench_attentions() {
  static const std::vector<std::string> names = {"fused", "reference", "full"};
  return names;
}

const std::vector<std::string>& bench_passes() {
  static const std::vector<std::string> names = {"inference", "features", "train"};
  return names;
}

std::vector<ModelRow> ModelBench::run(const std::function<void(const ModelRow&)>& show) {
  std::vector<ModelRow> rows;
  const auto each = [](const auto& values, const auto& visit) {
    for (const auto& value : values) visit(value);
  };
  each(config_.presets, [&](const std::string& preset) {
    each(config_.passes, [&](const std::string& pass) {
      each(config_.image_sizes, [&](int64_t image_size) {
        each(config_.batch_sizes, [&](int64_t batch_size) {
          each(config_.precisions, [&](const std::string& precision) {
            each(config_.attentions, [&](const std::string& attention) {
              rows.push_back(measure({preset, precision, attention, pass, image_size, batch_size}));
              show(rows.back());
            });
          });
        });
      });
    });
  });
  return rows;
}

// From the last size of the same kind; attention to all tokens grows with their square. 0 where nothing is known.
double ModelBench::expected_seconds(const ModelCase& what) const {
  const auto found = last_.find(what.kind());
  if (found == last_.end()) return 0;
  const ModelCase& before = found->second.what;
  const double side = static_cast<double>(what.image_size) / static_cast<double>(before.image_size);
  const double batch = static_cast<double>(what.batch_size) / static_cast<double>(before.batch_size);
  return found->second.timing.minimum * batch * std::pow(side, what.attention == "full" ? 4 : 2);
}

ModelRow ModelBench::measure(const ModelCase& what) {
  ModelRow row;
  row.what = what;
  if (const double seconds = expected_seconds(what); seconds > config_.max_seconds) {
    row.skipped = "left out: would take about " + fixed(seconds, 0) + " s a call (--max-seconds)";
    return row;
  }
  if (what.attention == "full" && names_model_file(what.preset)) {
    row.skipped = "left out: a model file has the attention that it was made with";
    return row;
  }
  const ForcedBackend backend(what.attention == "reference" ? "reference" : "");
  ModelCall call(what, config_);
  const auto run_call = [&call] { call(); };
  row.timing = time_calls(run_call, {.seconds = config_.seconds, .min_runs = 3});
  row.images_a_second = static_cast<double>(what.batch_size) / row.timing.minimum;
  if (call.device().is_cpu() && row.timing.minimum < 3 * config_.seconds) {
    const PeakMemory memory;
    call();
    if (const auto extra = memory.extra_bytes()) row.extra_bytes = static_cast<double>(*extra);
  }
  last_[what.kind()] = row;
  return row;
}

}  // namespace multipole
