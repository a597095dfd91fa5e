#include "engine/training/training_run.h"

#include <torch/utils.h>

#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "engine/distributed/process_group.h"
#include "engine/files/model_file.h"
#include "engine/observers/metrics_observer.h"
#include "engine/observers/other_process_observer.h"
#include "engine/training/trainer.h"

namespace multipole {

namespace {

TrainPlan make_plan(const TrainingRun& run, const Execution& execution, const TrainedModel& model,
                    const Trainer& trainer) {
  TrainPlan plan;
  plan.num_epochs = run.train.epochs;
  plan.steps_per_epoch = trainer.steps_per_epoch();
  plan.train_samples = run.train_samples;
  plan.validation_samples = run.validation_samples;
  plan.num_classes = run.num_classes;
  plan.num_parameters = model->num_parameters();
  plan.device = execution.device.str();
  plan.precision = execution.precision_name();
  plan.first_step = trainer.progress().step;
  return plan;
}

std::string describe(const Extension& extension, const TrainingRun& run, const Trainer& trainer) {
  const int64_t steps_per_epoch = trainer.steps_per_epoch();
  const int64_t steps = run.steps > 0 ? 1 : steps_per_epoch;  // a unit of the length
  return extension_note(extension, run.steps > 0 ? "steps" : "epochs", run.train.schedule,
                        {.step = trainer.progress().step,
                         .steps_per_epoch = steps_per_epoch,
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
void share_weights(const ProcessGroup& group, const TrainedModel& model, const TrainedModel& average) {
  std::vector<torch::Tensor> tensors;
  for (const TrainedModel& each : {model, average}) {
    if (!each) continue;
    for (const auto& [name, tensor] : named_weights(*each)) tensors.push_back(tensor.detach());
  }
  group.broadcast(tensors);
}

void take_share(const TrainingRun& run, int64_t share, int64_t num_shares) {
  run.stream.take_share(share, num_shares);
  if (run.validation_stream != nullptr) run.validation_stream->take_share(share, num_shares);
}

// What the first process writes while it trains, before `next` hears of it.
struct RunLogs {
  RunLogs(const TrainingRun& run, const RunFolder& folder, int64_t first_step, TrainObserver& next)
      : events(folder.path(), first_step, run.train.log_every, run.config, run.encode_picture, next),
        metrics(run.make_log ? run.make_log(folder, first_step, events)
                             : std::make_unique<MetricsObserver>(folder, first_step, run.train.log_every, events)) {}

  TensorBoardObserver events;
  std::unique_ptr<TrainObserver> metrics;
};

// A config that no longer reads is compared as it is: what differs is told by its name.
Json as_of_today(const TrainingRun& run, const Json& config) {
  if (!run.resolve_config) return config;
  try {
    return run.resolve_config(config);
  } catch (const ConfigError&) {
    return config;
  }
}

}  // namespace

void initialize_model(const TrainingRun& run, const ResumeOptions& options, TrainedModel& model,
                      TrainObserver& observer) {
  if (!options.init_weights) return;
  if (!run.start_from) throw ConfigError("a model of this task does not start from the weights of another");
  for (const auto& line : run.start_from(model, options)) observer.on_message(line);
}

TrainResult run_training(const TrainingRun& run, const std::filesystem::path& out, TrainObserver& observer,
                         const ResumeOptions& resume, const std::atomic<bool>* stop) {
  const ProcessPlace place = process_place_from_environment();
  take_share(run, place.process_rank, place.num_processes);
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
  auto state = find_state(*folder, resume, setup_observer);
  if (state) check_number_of_processes(*state, *group);
  if (state && run.place) run.place(state->progress);
  const int64_t first_step = state ? state->progress.step : 0;
  group->expect_same("the step of the state to resume from", first_step);

  torch::manual_seed(static_cast<uint64_t>(run.train.seed));
  TrainedModel model = run.make_model();
  if (!state) initialize_model(run, resume, model, setup_observer);
  model->to(execution.device);
  TrainedModel average{nullptr};
  if (run.train.ema.enabled) {
    average = run.make_model();
    average->to(execution.device);
  }

  TrainState identity;
  identity.config = run.config;
  identity.data = run.data;
  identity.build = build_description();
  identity.build["precision"] = execution.precision_name();
  if (group->size() > 1) identity.build["processes"] = group->size();
  std::optional<Extension> extension;
  if (state) {
    state->config = as_of_today(run, state->config);
    extension = check_state(*state, identity, resume.force, setup_observer, run.steps > 0 ? "/steps" : "/train/epochs");
  }
  const auto task = run.make_task(execution, folder->best_path(), model);
  std::optional<RunLogs> logs;
  if (group->is_first()) {
    // before any other file: without it the folder of a run that is killed here would pass for something else
    if (!folder->has_run()) folder->write_config(identity.config);
    logs.emplace(run, *folder, first_step, observer);
  }
  TrainObserver& reports = logs ? *logs->metrics : static_cast<TrainObserver&>(sentences);
  share_weights(*group, model, average);  // before the trainer, which copies the model into the average
  Trainer trainer(
      run.train, execution,
      {model, average, *task, run.stream, reports, folder->last_path(), identity, group, run.steps, run.pass_flops});
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
  take_share(run, 0, 1);
  if (!group->is_first()) {
    result.best_score = std::nan("");  // the first process has the model, and says how good it is
  } else if (std::filesystem::exists(folder->best_path())) {
    result.best_model = folder->best_path();
  }
  return result;
}

}  // namespace multipole
