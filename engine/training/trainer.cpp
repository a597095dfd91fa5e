#include "engine/training/trainer.h"

#include <ATen/ops/_foreach_norm.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "engine/runtime/batch_paths.h"
#include "engine/runtime/training_error.h"
#include "engine/training/improvement.h"
#include "engine/training/train_tensors.h"

namespace multipole {

namespace {

double seconds_between(std::chrono::steady_clock::time_point start, std::chrono::steady_clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

}  // namespace

Trainer::Trainer(const TrainConfig& config, const Execution& execution, TrainerParts parts)
    : config_(config),
      execution_(execution),
      parts_(std::move(parts)),
      feed_(parts_.stream, execution.device),
      freezing_(config.fine_tune, *parts_.model),
      train_step_(config, execution, parts_.model, parts_.average, parts_.task, parts_.group),
      steps_per_epoch_((parts_.stream.num_batches() + config.accumulate - 1) / config.accumulate),
      schedule_(config.schedule, parts_.most_steps > 0 ? parts_.most_steps : config.epochs * steps_per_epoch_,
                steps_per_epoch_) {
  parts_.model->set_gradient_checkpointing(config.gradient_checkpointing);
}

TrainResult Trainer::run(const std::atomic<bool>* stop) {
  last_save_ = Clock::now();
  while (progress_.epoch < config_.epochs) {
    if (is_out_of_patience()) return result(StopReason::kEarlyStop);
    if (!train_epoch(stop) || !finish_epoch(stop)) {
      if (parts_.task.is_scored_when_stopped()) score_stopped_epoch();
      save();
      return result(StopReason::kStopToken);
    }
    if (!is_failing() || progress_.epoch == config_.epochs) save();
  }
  return result(StopReason::kFinished);
}

// False where `stop` ended it.
bool Trainer::train_epoch(const std::atomic<bool>* stop) {
  parts_.model->train();
  freezing_.apply(progress_.epoch);
  parts_.task.start_epoch(progress_.epoch);
  feed_.start_epoch(progress_.epoch, progress_.batch);
  epoch_start_ = window_start_ = Clock::now();
  epoch_samples_ = 0;
  while (true) {
    if (is_stopped(stop)) return false;
    if (has_made_all_steps()) return true;
    const auto window = next_window();
    if (!window) return true;
    if (!std::exchange(has_shown_batch_, true)) show_first(window->front());
    train_window(*window);
    const bool is_due =
        config_.checkpoint_minutes > 0 && seconds_between(last_save_, Clock::now()) > 60 * config_.checkpoint_minutes;
    if (is_due && !is_failing()) save();
  }
}

void Trainer::show_first(Batch batch) {
  if (batch.images.defined()) batch.images = batch.images.to(torch::kCPU);
  parts_.observer.on_first_batch(batch);
}

std::optional<std::vector<Batch>> Trainer::next_window() {
  std::vector<Batch> window;
  double bad_samples = 0;
  while (static_cast<int64_t>(window.size()) < config_.accumulate) {
    auto batch = feed_.next();
    if (!batch) break;
    for (const auto& bad : batch->bad) parts_.observer.on_message("left out " + bad.path + ": " + bad.reason);
    for (size_t i = 0; i < batch->notes.size(); ++i) {
      for (const auto& note : batch->notes[i]) {
        // once for all pictures of the kind, however often they are read
        if (told_notes_.insert(note).second) parts_.observer.on_message(batch->paths[i] + ": note: " + note);
      }
    }
    bad_samples += static_cast<double>(batch->bad.size());
    window.push_back(std::move(*batch));
  }
  if (window.empty()) return std::nullopt;
  const int64_t all_bad = std::llround(parts_.group->sum(bad_samples));
  progress_.epoch_bad_samples += all_bad;
  progress_.bad_samples += all_bad;
  return window;
}

void Trainer::train_window(const std::vector<Batch>& window) {
  const double lr_factor = schedule_.factor(progress_.step);
  const auto outcome = train_step_.run(window, lr_factor, progress_.step);
  ++progress_.step;
  count_flops(window);
  if (outcome.shrank) {
    parts_.observer.on_message("step " + std::to_string(progress_.step) + ": out of memory; from here on at most " +
                               std::to_string(train_step_.micro_batch()) + " " + parts_.task.samples_name() +
                               " at once and as many passes a step as that takes: the batch of " +
                               std::to_string(outcome.samples) + " stays");
  }
  progress_.batch += static_cast<int64_t>(window.size());
  if (outcome.updated) {
    progress_.skipped_in_a_row = 0;
    progress_.epoch_loss += outcome.loss;
    ++progress_.epoch_updates;
  } else if (!outcome.problem.empty()) {
    handle_skip(window, outcome);
  }
  const auto now = Clock::now();
  const double seconds = std::max(seconds_between(window_start_, now), 1e-9);
  window_start_ = now;
  epoch_samples_ += outcome.samples;
  StepReport report;
  report.epoch = progress_.epoch;
  report.step_in_epoch = (progress_.batch + config_.accumulate - 1) / config_.accumulate;
  report.steps_per_epoch = steps_per_epoch_;
  report.step = progress_.step;
  report.loss = outcome.loss;
  report.learning_rate = lr_factor * train_step_.optimizer().learning_rate();
  report.gradient_norm = outcome.gradient_norm;
  report.images_per_second = static_cast<double>(outcome.samples) / seconds;
  report.skipped_steps = progress_.skipped_steps;
  report.micro_batch = train_step_.micro_batch();
  parts_.observer.on_step(report);
}

void Trainer::count_flops(const std::vector<Batch>& window) {
  const auto own = step_flops(parts_.pass_flops, parts_.model, window, config_.gradient_checkpointing);
  // every process has as many batches
  if (own) progress_.flops = progress_.flops.value_or(0) + *own * static_cast<double>(parts_.group->size());
}

void Trainer::handle_skip(const std::vector<Batch>& window, const StepOutcome& outcome) {
  ++progress_.skipped_steps;
  ++progress_.skipped_in_a_row;
  const std::string what = "step " + std::to_string(progress_.step) + ": " + outcome.problem;
  parts_.observer.on_message(what + "; the weights stay as they were; files: " + list_paths(window));
  if (progress_.skipped_in_a_row < kMaxSkipsInARow) return;
  const auto good =
      load_train_state(parts_.state_folder, [this](const std::string& m) { parts_.observer.on_message(m); });
  if (good) restore(*good);
  throw TrainingError(
      what + ", the " + std::to_string(kMaxSkipsInARow) + "th step in a row without a finite loss and gradient. " +
      (good ? "The last good state, of step " + std::to_string(good->progress.step) + ", is in " : "No state is in ") +
      parts_.state_folder.string() +
      "; lower the learning rate, train in float32, or look at the files: " + list_paths(window));
}

// Evaluates where it is due and moves on to the next epoch. False where `stop` cut the evaluation short: the epoch is
// then evaluated again when the run is resumed.
bool Trainer::finish_epoch(const std::atomic<bool>* stop) {
  EpochReport report = report_epoch();
  const bool is_last = progress_.epoch + 1 == config_.epochs;
  const bool is_due = is_last || (progress_.epoch + 1) % config_.eval_every == 0;
  if (is_due && !evaluate(report, stop)) return false;
  next_epoch();
  parts_.observer.on_epoch_end(report);
  return true;
}

// What a stopped run has learnt since the epoch began counts, too; the epoch goes on when the run is resumed.
void Trainer::score_stopped_epoch() {
  if (progress_.epoch_updates == 0) return;
  EpochReport report = report_epoch();
  evaluate(report, nullptr);
  if (has_made_all_steps() || progress_.batch >= parts_.stream.num_batches()) next_epoch();
  parts_.observer.on_epoch_end(report);
}

EpochReport Trainer::report_epoch() const {
  EpochReport report;
  report.epoch = progress_.epoch;
  report.step = progress_.step;
  report.train_loss =
      progress_.epoch_updates > 0 ? progress_.epoch_loss / static_cast<double>(progress_.epoch_updates) : std::nan("");
  report.learning_rate = schedule_.factor(progress_.step - 1) * train_step_.optimizer().learning_rate();
  report.seconds = seconds_between(epoch_start_, Clock::now());
  report.images_per_second = static_cast<double>(epoch_samples_) / std::max(report.seconds, 1e-9);
  report.bad_samples = progress_.epoch_bad_samples;
  report.flops = progress_.flops;
  return report;
}

// Fills in the metrics, and keeps a model that is the best so far. False where `stop` cut it short.
bool Trainer::evaluate(EpochReport& report, const std::atomic<bool>* stop) {
  evaluated_model()->eval();
  const auto evaluation = parts_.task.score(evaluated_model(), *parts_.group, stop);
  if (!evaluation.complete) return false;
  report.metrics = evaluation.metrics;
  if (!is_improvement(evaluation.score, progress_.best_score)) return true;
  progress_.best_score = evaluation.score;
  progress_.best_epoch = progress_.epoch;
  report.is_best = true;
  if (!parts_.group->is_first()) return true;
  Json summary = {{"epoch", progress_.epoch + 1},
                  {"step", progress_.step},
                  {"train_loss", report.train_loss},
                  {"metrics", evaluation.metrics}};
  if (progress_.flops) summary["flops"] = *progress_.flops;
  parts_.task.keep_best(evaluated_model(), summary);
  return true;
}

void Trainer::next_epoch() {
  ++progress_.epoch;
  progress_.batch = 0;
  progress_.epoch_loss = 0;
  progress_.epoch_updates = 0;
  progress_.epoch_bad_samples = 0;
}

// A signal that reaches one process stops all of them.
bool Trainer::is_stopped(const std::atomic<bool>* stop) const {
  return parts_.group->sum(stop != nullptr && stop->load() ? 1 : 0) > 0;
}

bool Trainer::is_out_of_patience() const {
  return config_.patience > 0 && progress_.epoch - 1 - progress_.best_epoch >= config_.patience;
}

TrainState Trainer::capture() const {
  TrainState state = parts_.identity;
  state.progress = progress_;
  state.tensors = train_tensors(parts_.model, parts_.average, train_step_.optimizer(), execution_.device);
  return state;
}

void Trainer::restore(const TrainState& state) {
  restore_train_tensors(state.tensors, parts_.model, parts_.average, train_step_.optimizer(), execution_.device);
  progress_ = state.progress;
}

bool Trainer::has_finite_weights() const {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> weights;
  for (const auto& parameter : parts_.model->parameters()) weights.push_back(parameter);
  return torch::stack(at::_foreach_norm(weights)).isfinite().all().item<bool>();
}

void Trainer::save() {
  last_save_ = Clock::now();
  if (!parts_.group->is_first()) return;
  if (!has_finite_weights()) {
    parts_.observer.on_message("step " + std::to_string(progress_.step) +
                               ": not saved, since weights are no longer finite; the states before are kept");
    return;
  }
  save_train_state(parts_.state_folder, capture());
}

TrainResult Trainer::result(StopReason reason) const {
  TrainResult result;
  result.stop_reason = reason;
  result.num_epochs = progress_.epoch;
  result.num_steps = progress_.step;
  result.best_score = progress_.best_score.value_or(std::nan(""));
  result.best_epoch = progress_.best_epoch;
  result.bad_samples = progress_.bad_samples;
  result.skipped_steps = progress_.skipped_steps;
  return result;
}

}  // namespace multipole
