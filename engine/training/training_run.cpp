#include "engine/training/training_run.h"

#include <torch/utils.h>

#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "engine/distributed/process_group.h"
#include "engine/files/process_command.h"
#include "engine/files/run_folder.h"
#include "engine/observers/metrics_observer.h"
#include "engine/observers/other_process_observer.h"
#include "engine/training/trainer.h"
#include "engine/weights/weight_init.h"

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

std::string describe(const Extension& extension, const TrainingRun& run, const Trainer& trainer) {
  const int64_t steps = trainer.steps_per_epoch();
  return extension_note(extension, "epochs", run.train.schedule,
                        {.step = trainer.progress().step,
                         .steps_per_epoch = steps,
                         .steps_before = extension.before * steps,
                         .steps_now = extension.now * steps,
                         .learning_rate = trainer.learning_rate()});
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

int64_t check_sum(const TrainingRun& run) {
  Checksum sum;
  for (const Json* json : {&run.config, &run.data}) {
    // names of classes may hold any bytes
    const std::string text = json->dump(-1, ' ', false, Json::error_handler_t::replace);
    sum.add(text.data(), text.size());
  }
  return static_cast<int64_t>(sum.value());
}

// The first process makes the folder and holds its lock; the others look into it afterwards.
std::unique_ptr<const RunFolder> open_folder(const std::filesystem::path& out, const ProcessGroup& group) {
  std::unique_ptr<const RunFolder> folder;
  if (group.is_first()) folder = std::make_unique<const RunFolder>(out);
  group.barrier();
  return folder ? std::move(folder) : std::make_unique<const RunFolder>(out, RunFolder::Access::kShared);
}

void check_number_of_processes(const TrainState& state, const ProcessGroup& group) {
  const int64_t before = state.build.value("processes", int64_t{1});
  if (before == group.size()) return;
  throw ConfigError("the saved run trains in " + std::to_string(before) + " processes, and this is one of " +
                    std::to_string(group.size()) + "; steps and batches are counted by that number, so give the same");
}

// Weights are the first process's, whatever the others computed or read.
void share_weights(const ProcessGroup& group, const VisionModel& model, const VisionModel& average) {
  std::vector<torch::Tensor> tensors;
  for (const VisionModel& each : {model, average}) {
    if (!each) continue;
    for (const auto& [name, tensor] : named_weights(*each)) tensors.push_back(tensor.detach());
  }
  group.broadcast(tensors);
}

// What the first process writes while it trains, before `next` hears of it.
struct RunLogs {
  RunLogs(const TrainingRun& run, const RunFolder& folder, int64_t first_step, TrainObserver& next)
      : events(folder.path(), first_step, run.train.log_every, run.config, run.encode_picture, next),
        metrics(folder, first_step, run.train.log_every, events) {}

  TensorBoardObserver events;
  MetricsObserver metrics;
};

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
  const ProcessPlace place = process_place_from_environment();
  for (Loader* loader : {&run.loader, &run.validation_loader}) {
    loader->take_share(place.process_rank, place.num_processes);
  }
  const Execution execution = select_execution(run.train.device, run.train.precision, place.local_rank, kTrainDevice);
  const auto group = std::make_shared<const ProcessGroup>(place);
  group->expect_same("their configuration or data (as a check sum)", check_sum(run));
  TrainObserver silent;
  OtherProcessObserver sentences(place.process_rank, observer);
  TrainObserver& setup_observer = group->is_first() ? observer : silent;  // all would say the same
  const auto folder = open_folder(out, *group);
  if (!folder->dead_owner().empty()) {
    setup_observer.on_message("process " + folder->dead_owner() +
                              " ended here without giving its lock back; taken over");
  }
  const auto state = find_state(*folder, resume, setup_observer);
  if (state) check_number_of_processes(*state, *group);
  const int64_t first_step = state ? state->progress.step : 0;
  group->expect_same("the step of the state to resume from", first_step);

  torch::manual_seed(static_cast<uint64_t>(run.train.seed));
  VisionModel model(run.model);
  if (resume.init_weights && !state) start_from(resume, run, model, setup_observer);
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
  if (group->size() > 1) identity.build["processes"] = group->size();
  std::optional<Extension> extension;
  if (state) extension = check_state(*state, identity, resume.force, setup_observer);
  const auto task = run.make_task(execution, folder->best_path(), complete_metadata(run, model));
  std::optional<RunLogs> logs;
  if (group->is_first()) {
    // before any other file: without it the folder of a run that is killed here would pass for something else
    if (!folder->has_run()) folder->write_config(identity.config);
    logs.emplace(run, *folder, first_step, observer);
  }
  TrainObserver& reports = logs ? static_cast<TrainObserver&>(logs->metrics) : sentences;
  share_weights(*group, model, average);  // before the trainer, which copies the model into the average
  Trainer trainer(run.train, execution,
                  {model, average, *task, run.loader, reports, folder->last_path(), identity, group});
  if (state) trainer.restore(*state);
  if (extension) setup_observer.on_message(describe(*extension, run, trainer));
  if (group->is_first()) {
    if (state && resume.mode == ResumeMode::kPath) copy_best(resume.path, *folder);
    folder->write_config(identity.config);
    for (const auto& line : run.descriptions) observer.on_message(line);
  }
  reports.on_start(make_plan(run, execution, model, trainer));

  TrainResult result = trainer.run(stop);
  result.has_trained = result.num_steps > first_step;
  if (extension && !result.has_trained && result.stop_reason == StopReason::kEarlyStop) {
    setup_observer.on_message("nothing was trained: the score had not risen for train.patience=" +
                              std::to_string(run.train.patience) + " epochs; raise that, too, with --force");
  }
  // who looks at the model now sees all of the data
  for (Loader* loader : {&run.loader, &run.validation_loader}) loader->take_share(0, 1);
  if (!group->is_first()) {
    result.best_score = std::nan("");  // the first process has the model, and says how good it is
  } else if (std::filesystem::exists(folder->best_path())) {
    result.best_model = folder->best_path();
  }
  return result;
}

}  // namespace multipole
