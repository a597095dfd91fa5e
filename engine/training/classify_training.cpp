#include "engine/training/classify_training.h"

#include <torch/utils.h>

#include <optional>
#include <string>
#include <utility>

#include "backbone/config/error.h"
#include "engine/files/model_file.h"
#include "engine/files/run_folder.h"
#include "engine/training/classify_data.h"
#include "engine/training/classify_task.h"
#include "engine/training/metrics_observer.h"
#include "engine/training/trainer.h"

namespace multipole {

namespace {

// The backbone must fit; a head that does not is left as it is, since fine-tuning has classes of its own.
void copy_initial_weights(const std::filesystem::path& path, VisionModel& model, TrainObserver& observer) {
  const auto loaded = load_model(path);
  auto weights = named_weights(*loaded.model);
  const auto own = named_weights(*model);
  bool fresh_head = false;
  for (const auto& [name, tensor] : own) {
    const auto found = weights.find(name);
    if (name.starts_with("head.") && (found == weights.end() || found->second.sizes() != tensor.sizes())) {
      fresh_head = true;
    }
  }
  if (fresh_head) {
    std::erase_if(weights, [](const auto& item) { return item.first.starts_with("head."); });
    for (const auto& [name, tensor] : own) {
      if (name.starts_with("head.")) weights[name] = tensor.detach().clone();
    }
  }
  load_weights(*model, weights, path.string());
  observer.on_message("weights from " + path.string() + (fresh_head ? ", with a new head" : ""));
}

void check_num_classes(ClassifyConfig& config, const ClassifyData& data, const std::filesystem::path& root) {
  const auto found = static_cast<int64_t>(data.class_names.size());
  if (config.model.num_classes == 0) config.model.num_classes = found;
  if (config.model.num_classes != found) {
    throw ConfigError("model.num_classes is " + std::to_string(config.model.num_classes) + ", but " + root.string() +
                      " has " + std::to_string(found) + " classes; 0 takes the data's number");
  }
}

ModelMetadata make_metadata(const ClassifyConfig& config, const VisionModel& model, const ClassifyData& data) {
  ModelMetadata metadata;
  metadata.architecture = model->config();
  metadata.classes = data.class_names;
  metadata.preprocessing = to_json_config(config.preprocessing);
  metadata.training = {{"epochs", config.train.epochs},
                       {"batch_size", config.train.batch_size * config.train.accumulate},
                       {"seed", config.train.seed},
                       {"train_samples", data.train_samples},
                       {"build", build_description()}};
  return metadata;
}

TrainPlan make_plan(const ClassifyConfig& config, const Execution& execution, const VisionModel& model,
                    const ClassifyData& data, const Trainer& trainer) {
  TrainPlan plan;
  plan.num_epochs = config.train.epochs;
  plan.steps_per_epoch = trainer.steps_per_epoch();
  plan.train_samples = data.train_samples;
  plan.validation_samples = data.validation_samples;
  plan.num_classes = config.model.num_classes;
  plan.num_parameters = model->num_parameters();
  plan.device = execution.device.str();
  plan.precision = execution.precision_name();
  plan.first_step = trainer.progress().step;
  return plan;
}

// A run that goes on in another folder takes the best model so far along.
void copy_best(const std::filesystem::path& from, const RunFolder& run) {
  std::error_code missing;
  const auto source = from / run.best_path().filename();
  if (!std::filesystem::exists(source) || std::filesystem::equivalent(source, run.best_path(), missing)) return;
  std::error_code code;
  std::filesystem::copy_file(source, run.best_path(), code);
  if (code)
    throw ResourceError("cannot copy " + source.string() + " to " + run.path().string() + ": " + code.message());
}

}  // namespace

TrainResult train_classifier(const ClassifyConfig& config, const std::filesystem::path& data_root,
                             const std::filesystem::path& out, TrainObserver& observer, const ResumeOptions& resume,
                             const std::atomic<bool>* stop) {
  ClassifyConfig resolved = resolve_classify_config(config);
  const Execution execution = select_execution(resolved.train.device, resolved.train.precision);
  const ClassifyData data = open_classify_data(resolved, data_root);
  check_num_classes(resolved, data, data_root);
  const RunFolder run(out);
  const auto state = find_state(run, resume, observer);

  torch::manual_seed(static_cast<uint64_t>(resolved.train.seed));
  VisionModel model(resolved.model);
  if (resume.init_weights && !state) copy_initial_weights(*resume.init_weights, model, observer);
  model->to(execution.device);
  VisionModel average{nullptr};
  if (resolved.train.ema.enabled) {
    average = VisionModel(resolved.model);
    average->to(execution.device);
  }

  TrainState identity;
  identity.config = to_json_config(resolved);
  identity.data = data.fingerprint;
  identity.build = build_description();
  identity.build["precision"] = execution.precision_name();
  if (state) check_state(*state, identity, resume.force, observer);
  ClassifyTask task(execution, resolved.train.label_smoothing, *data.validation, run.best_path(),
                    make_metadata(resolved, model, data));
  MetricsObserver log(run.metrics_path(), state ? state->progress.step : 0, resolved.train.log_every, observer);
  Trainer trainer(resolved.train, execution, {model, average, task, *data.train, log, run.last_path(), identity});
  if (state) {
    trainer.restore(*state);
    if (resume.mode == ResumeMode::kPath) copy_best(resume.path, run);
  }
  run.write_config(identity.config);
  for (const auto& line : data.descriptions) observer.on_message(line);
  log.on_start(make_plan(resolved, execution, model, data, trainer));

  TrainResult result = trainer.run(stop);
  if (std::filesystem::exists(run.best_path())) result.best_model = run.best_path();
  return result;
}

}  // namespace multipole
