#include "engine/training/step_timing.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "engine/training/trial_training.h"

namespace multipole {

namespace {

// A first step so many times as long as all that was to be spent is taken as it is.
constexpr double kPatience = 5;

std::string device_text(const torch::Device& device) {
  if (!device.is_cpu()) return device.str();
  const int threads = at::get_num_threads();
  return std::to_string(threads) + (threads == 1 ? " CPU thread" : " CPU threads");
}

}  // namespace

StepTiming time_training_steps(const TrainingRun& run, const StepTimingOptions& options) {
  using Clock = std::chrono::steady_clock;
  TrainObserver silent;
  TrialTraining trial(run, {}, silent);
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  auto start = Clock::now();
  int64_t samples = trial.step(1.0).samples;
  int64_t steps = 1;
  double seconds = seconds_since(start);
  if (seconds < kPatience * options.seconds || samples == 0) {
    start = Clock::now();
    samples = 0;
    // losses are read to the host, so that a step is over when its call returns, on any device
    for (steps = 0; steps < options.most_steps && (steps == 0 || seconds < options.seconds); ++steps) {
      samples += trial.step(1.0).samples;
      seconds = seconds_since(start);
    }
  }
  if (samples == 0) throw InputError("no picture of the first batches could be read, so that no step can be timed");
  seconds = std::max(seconds, 1e-9);
  return {.seconds_per_step = seconds / static_cast<double>(steps),
          .images_per_second = static_cast<double>(samples) / seconds,
          .steps = steps,
          .where = device_text(trial.execution().device)};
}

}  // namespace multipole
