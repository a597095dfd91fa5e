// The metrics.jsonl of a language model: for each evaluation {"step", "train_bits_per_byte" (mean since the last one),
// "val_bits_per_byte", "bytes_per_second"}.
#pragma once

#include <cstdint>

#include "engine/files/metrics_log.h"
#include "engine/files/run_folder.h"
#include "engine/observers/train_observer.h"

namespace multipole {

class SequenceLog : public TrainObserver {
 public:
  // Samples are windows of `context` bytes. `next` outlives this object; it does not hear of an epoch all of whose
  // steps were skipped, since its model is the one that was evaluated before.
  SequenceLog(const RunFolder& folder, int64_t resumed_step, int64_t context, TrainObserver& next);

  void on_start(const TrainPlan& plan) override { next_.on_start(plan); }
  void on_first_batch(const Batch& batch) override { next_.on_first_batch(batch); }
  void on_step(const StepReport& report) override { next_.on_step(report); }
  void on_epoch_end(const EpochReport& report) override;
  void on_message(const std::string& message) override { next_.on_message(message); }

 private:
  MetricsLog log_;
  int64_t context_;
  TrainObserver& next_;
};

}  // namespace multipole
