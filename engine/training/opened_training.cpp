#include "engine/training/opened_training.h"

namespace multipole {

TrainResult train_opened(const OpenedTraining& training, const std::filesystem::path& out, TrainObserver& observer,
                         const ResumeOptions& resume, const std::atomic<bool>* stop) {
  TrainResult result = run_training(training.run(), out, observer, resume, stop);
  if (result.has_trained && result.stop_reason != StopReason::kStopToken && !result.best_model.empty()) {
    training.report(out, observer, stop);
  }
  result.score_name = training.score_name();
  return result;
}

}  // namespace multipole
