#include "tasks/inference/precision_choice.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "engine/bench/timing.h"
#include "engine/runtime/batch_slices.h"

namespace multipole {
namespace {

constexpr int64_t kTimedPasses = 2;

}  // namespace

PrecisionTimes choose_precision(VisionModel& model, Execution& execution, bool is_worth_measuring,
                                const TimePass& time_pass) {
  const bool may_choose = execution.device.is_cpu() && execution.bfloat16;
  if (execution.device.is_cpu()) execution.bfloat16 = false;
  prepare_inference(*model, execution);
  PrecisionTimes times;
  if (!may_choose || !is_worth_measuring) return times;
  times.float32 = time_pass(execution);
  execution.bfloat16 = true;
  prepare_inference(*model, execution);
  times.bfloat16 = time_pass(execution);
  if (times.prefer_bfloat16()) return times;
  execution.bfloat16 = false;
  prepare_inference(*model, execution);
  return times;
}

PrecisionTimes choose_precision(VisionModel& model, Execution& execution, const PicturesAhead& ahead) {
  const int64_t at_once = std::clamp<int64_t>(at::get_num_threads() * pictures_of_slice(ahead.height, ahead.width), 1,
                                              std::max<int64_t>(1, ahead.batch_size));
  const auto time_pass = [&](const Execution& timed) {
    const c10::InferenceMode inference;
    const AutocastGuard autocast(timed);
    // a generator of its own: the program's draws the same numbers whether something was measured or not
    const auto images =
        torch::randn({at_once, ahead.channels, ahead.height, ahead.width}, at::make_generator<at::CPUGeneratorImpl>(0))
            .contiguous(torch::MemoryFormat::ChannelsLast);
    const auto pass = [&] {
      answer_in_slices(images, timed.device, [&](const torch::Tensor& slice) { return model->forward(slice); });
    };
    return time_calls(pass, {.seconds = 600, .min_runs = kTimedPasses, .max_runs = kTimedPasses}).minimum;
  };
  return choose_precision(model, execution, ahead.count >= kPassesToMeasure * at_once, time_pass);
}

}  // namespace multipole
