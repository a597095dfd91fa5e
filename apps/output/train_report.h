// Shows a training on standard error: a bar on a terminal, plain lines elsewhere.
#pragma once

#include <string>

#include "apps/output/progress_bar.h"
#include "engine/observers/train_observer.h"

namespace multipole {

class TrainReport : public TrainObserver {
 public:
  // log_every > 0: a plain line every so many steps instead of one every half minute and one an epoch.
  TrainReport(ProgressBar::Mode mode, int64_t log_every);

  void on_start(const TrainPlan& plan) override;
  void on_step(const StepReport& report) override;
  void on_epoch_end(const EpochReport& report) override;
  void on_work(const WorkReport& report) override;
  void on_message(const std::string& message) override;

 private:
  ProgressBar bar_;
  int64_t log_every_;
  int64_t total_steps_ = 0;
  int64_t num_epochs_ = 0;
  RemainingTime remaining_;
  ProgressBar::Clock::time_point start_;
};

}  // namespace multipole
