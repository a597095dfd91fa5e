// Writes what training reports to metrics.jsonl, the epochs also to metrics.csv, and passes it on.
//
// {"event": "step", "epoch", "step", "loss", "lr", "grad_norm", "images_per_second", "skipped_steps"}, and
// {"event": "epoch", "epoch", "step", "train_loss", "lr", "seconds", "images_per_second", "bad_samples", "best",
// "val": {...}, "flops" (of the run so far, where they are counted)}; epochs count from 1.
#pragma once

#include <cstdint>
#include <string>

#include "engine/files/metrics_log.h"
#include "engine/files/metrics_table.h"
#include "engine/files/run_folder.h"
#include "engine/observers/train_observer.h"

namespace multipole {

class MetricsObserver : public TrainObserver {
 public:
  // Logs every log_every-th step and every epoch. `next` outlives this object.
  MetricsObserver(const RunFolder& folder, int64_t resumed_step, int64_t log_every, TrainObserver& next);

  void on_start(const TrainPlan& plan) override { next_.on_start(plan); }
  void on_first_batch(const Batch& batch) override { next_.on_first_batch(batch); }
  void on_step(const StepReport& report) override;
  void on_epoch_end(const EpochReport& report) override;
  void on_message(const std::string& message) override { next_.on_message(message); }

 private:
  MetricsLog log_;
  MetricsTable table_;  // after the log, which drops what a resumed run will write again
  int64_t log_every_;
  TrainObserver& next_;
};

}  // namespace multipole
