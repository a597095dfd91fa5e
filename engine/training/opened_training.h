// A training whose config is resolved and whose data are open: what a task makes of settings and a folder.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "engine/observers/train_observer.h"
#include "engine/training/resume.h"
#include "engine/training/train_result.h"
#include "engine/training/training_run.h"

namespace multipole {

class OpenedTraining {
 public:
  virtual ~OpenedTraining() = default;

  // Refers to this object.
  virtual TrainingRun run() const = 0;

  // Writes the report of a finished run, report.json and report.html in its folder (engine/report/run_report.h).
  virtual void report(const std::filesystem::path& run_folder, TrainObserver& observer,
                      const std::atomic<bool>* stop) const = 0;

  // What TrainResult::best_score is: "top1".
  virtual std::string score_name() const = 0;
};

// Trains to the run folder `out` and reports. Set `stop` (from a signal handler, say) to end after the step in
// progress, with everything saved. Throws as run_training() does.
TrainResult train_opened(const OpenedTraining& training, const std::filesystem::path& out, TrainObserver& observer,
                         const ResumeOptions& resume = {}, const std::atomic<bool>* stop = nullptr);

}  // namespace multipole
