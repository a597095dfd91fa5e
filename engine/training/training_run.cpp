#include "engine/training/training_run.h"

#include <torch/utils.h>

#include <utility>

#include "backbone/config/error.h"
#include "engine/files/process_command.h"
#include "engine/files/run_folder.h"
#include "engine/training/metrics_observer.h"
#include "engine/training/trainer.h"
#include "engine/training/weight_init.h"

namespace multipole {

namespace {

void start_from(const ResumeOptions& resume, const TrainingRun& run, VisionModel& model, TrainObserver& observer) {
  const auto report = initialize_weights(*model, *resume.init_weights, run.metadata.classes, resume.init_key_map);
  for (const auto& line : report.table()) observer.on_message(line);
}

ModelMetadata complete_metadata(const TrainingRun& run, const VisionModel& model) {
  ModelMetadata metadata = run.metadata;
  metadata.architecture = model->config();
  metadata.training = {{"epochs", run.train.epochs},
                       {"batch_size", run.train.batch_size * run.train.accumulate},
                       {"seed", run.train.seed},
                       {"train_samples", run.train_samples},
                       {"build", build_description()},
                       {"command", process_command()},
                       {"data", run.config.value("data", Json::object())}};
  return metadata;
}

TrainPlan make_plan(const TrainingRun& run, const Execution& execution, const VisionModel& model,
                    const Trainer& trainer) {
  TrainPlan plan;
  plan.num_epochs = run.train.epochs;
  plan.steps_per_epoch = trainer.steps_per_epoch();
  plan.train_samples = run.train_samples;
  plan.validation_samples = run.validation_samples;
  plan.num_classes = run.model.num_classes;
  plan.num_parameters = model->num_parameters();
  plan.device = execution.device.str();
  plan.precision = execution.precision_name();
  plan.first_step = trainer.progress().step;
  return plan;
}

// A run that goes on in another folder takes the best model so far along.
void copy_best(const std::filesystem::path& from, const RunFolder& folder) {
  std::error_code missing;
  const auto source = from / folder.best_path().filename();
  if (!std::filesystem::exists(source) || std::filesystem::equivalent(source, folder.best_path(), missing)) return;
  std::error_code code;
  std::filesystem::copy_file(source, folder.best_path(), code);
  if (code)
    throw ResourceError("cannot copy " + source.string() + " to " + folder.path().string() + ": " + code.message());
}

}  // namespace

void take_num_classes(ModelConfig& model, size_t found, const std::filesystem::path& data_root) {
  const auto count = static_cast<int64_t>(found);
  if (model.num_classes == 0) model.num_classes = count;
  if (model.num_classes != count) {
    throw ConfigError("model.num_classes is " + std::to_string(model.num_classes) + ", but " + data_root.string() +
                      " has " + std::to_string(count) + " classes; 0 takes the data's number");
  }
}

TrainResult run_training(const TrainingRun& run, const std::filesystem::path& out, TrainObserver& observer,
                         const ResumeOptions& resume, const std::atomic<bool>* stop) {
  const Execution execution = select_execution(run.train.device, run.train.precision);
  const RunFolder folder(out);
  if (!folder.dead_owner().empty()) {
    observer.on_message("process " + folder.dead_owner() + " ended here without giving its lock back; taken over");
  }
  const auto state = find_state(folder, resume, observer);

  torch::manual_seed(static_cast<uint64_t>(run.train.seed));
  VisionModel model(run.model);
  if (resume.init_weights && !state) start_from(resume, run, model, observer);
  model->to(execution.device);
  VisionModel average{nullptr};
  if (run.train.ema.enabled) {
    average = VisionModel(run.model);
    average->to(execution.device);
  }

  TrainState identity;
  identity.config = run.config;
  identity.data = run.data;
  identity.build = build_description();
  identity.build["precision"] = execution.precision_name();
  if (state) check_state(*state, identity, resume.force, observer);
  const auto task = run.make_task(execution, folder.best_path(), complete_metadata(run, model));
  const int64_t first_step = state ? state->progress.step : 0;
  // before any other file: without it the folder of a run that is killed here would pass for something else
  if (!folder.has_run()) folder.write_config(identity.config);
  TensorBoardObserver events(out, first_step, run.train.log_every, run.config, run.encode_picture, observer);
  MetricsObserver log(folder, first_step, run.train.log_every, events);
  Trainer trainer(run.train, execution, {model, average, *task, run.loader, log, folder.last_path(), identity});
  if (state) {
    trainer.restore(*state);
    if (resume.mode == ResumeMode::kPath) copy_best(resume.path, folder);
  }
  folder.write_config(identity.config);
  for (const auto& line : run.descriptions) observer.on_message(line);
  log.on_start(make_plan(run, execution, model, trainer));

  TrainResult result = trainer.run(stop);
  result.has_trained = result.num_steps > first_step;
  if (std::filesystem::exists(folder.best_path())) result.best_model = folder.best_path();
  return result;
}

}  // namespace multipole
