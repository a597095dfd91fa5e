#include "apps/training/probe_result.h"

#include <iostream>

#include "apps/arguments/exit_code.h"
#include "apps/output/result_output.h"
#include "base/text.h"

namespace multipole {

int tell_probe_result(const TrainResult& result, const std::string& score_words, const SignalStop& stop) {
  if (result.stop_reason == StopReason::kStopToken) {
    std::cerr << "stopped; the same command goes on with the features that are kept\n";
    return stop.exit_code();
  }
  print_result(score_words + " " + percent(result.best_score, 2) + ": " + result.best_model.string() + "\n");
  return kExitDone;
}

}  // namespace multipole
