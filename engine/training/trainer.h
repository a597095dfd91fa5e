// The training loop: epochs of windows, evaluation, the best model, states to resume, early stop. It knows no task.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "datasets/batch_stream.h"
#include "engine/distributed/process_group.h"
#include "engine/files/train_state.h"
#include "engine/observers/train_observer.h"
#include "engine/optimizers/freezing.h"
#include "engine/optimizers/schedule.h"
#include "engine/runtime/device_feed.h"
#include "engine/training/train_config.h"
#include "engine/training/train_result.h"
#include "engine/training/train_step.h"
#include "engine/training/train_task.h"
#include "engine/training/training_cost.h"

namespace multipole {

// What a trainer works with; all of it outlives the trainer.
struct TrainerParts {
  TrainedModel model{nullptr};
  TrainedModel average{nullptr};  // null where config.ema is off
  TrainTask& task;
  BatchStream& stream;
  TrainObserver& observer;
  std::filesystem::path state_folder;
  TrainState identity;  // config, data and build as every state records them; the rest is unused
  // The processes that train together; the first one saves.
  std::shared_ptr<const ProcessGroup> group = std::make_shared<const ProcessGroup>(ProcessPlace{});
  int64_t most_steps = 0;     // after which training ends, within the last epoch maybe; 0: after all epochs
  PassFlops pass_flops = {};  // empty: costs are not counted
};

class Trainer {
 public:
  // The model and its average are on the execution's device.
  Trainer(const TrainConfig& config, const Execution& execution, TrainerParts parts);

  // Goes back to where `state` was taken: weights, average, optimiser, random generators, progress. Throws
  // ModelFileError where a tensor is missing or of another shape.
  void restore(const TrainState& state);

  // Trains until the last step, an early stop, or `stop`; the state is saved whichever it is. Throws TrainingError
  // after kMaxSkipsInARow steps in a row without a finite loss and gradient. States are not saved while such a row
  // lasts, nor with weights that are not finite: the newest one is then the last good state, and the trainer is back
  // at it.
  TrainResult run(const std::atomic<bool>* stop);

  static constexpr int64_t kMaxSkipsInARow = 10;

  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  const TrainProgress& progress() const { return progress_; }
  // The configured one, which the schedule scales.
  double learning_rate() const { return train_step_.optimizer().learning_rate(); }

 private:
  bool train_epoch(const std::atomic<bool>* stop);
  void show_first(Batch batch);
  std::optional<std::vector<Batch>> next_window();
  void train_window(const std::vector<Batch>& window);
  void count_flops(const std::vector<Batch>& window);
  void handle_skip(const std::vector<Batch>& window, const StepOutcome& outcome);
  bool finish_epoch(const std::atomic<bool>* stop);
  void score_stopped_epoch();
  EpochReport report_epoch() const;
  bool evaluate(EpochReport& report, const std::atomic<bool>* stop);
  void next_epoch();
  bool has_made_all_steps() const { return parts_.most_steps > 0 && progress_.step >= parts_.most_steps; }
  bool is_out_of_patience() const;
  bool is_stopped(const std::atomic<bool>* stop) const;
  bool is_failing() const { return progress_.skipped_in_a_row > 0; }
  bool has_finite_weights() const;
  TrainState capture() const;
  void save();
  TrainResult result(StopReason reason) const;
  TrainedModel& evaluated_model() { return parts_.average ? parts_.average : parts_.model; }

  using Clock = std::chrono::steady_clock;

  TrainConfig config_;
  Execution execution_;
  TrainerParts parts_;
  DeviceFeed feed_;
  Freezing freezing_;  // before the optimiser, which leaves out what is frozen
  TrainStep train_step_;
  int64_t steps_per_epoch_;
  Schedule schedule_;
  TrainProgress progress_;
  Clock::time_point window_start_, epoch_start_, last_save_;
  int64_t epoch_samples_ = 0;
  bool has_shown_batch_ = false;
  std::set<std::string> told_notes_;  // of decoding
};

}  // namespace multipole
