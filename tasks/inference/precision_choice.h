// The precision of a run in which nobody names one: on a CPU float32, and bfloat16 where the processor multiplies it
// and the clock says that it pays, for the model at hand and the threads that there are.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/runtime/execution.h"
#include "heads/model/model.h"
#include "tasks/inference/precision_times.h"

namespace multipole {

// What a run is going to compute, as far as is known.
struct PicturesAhead {
  int64_t count = 0;                                // pictures; 0: few, or not known
  int64_t batch_size = 1;                           // of them at a time
  int64_t channels = 3, height = 224, width = 224;  // of each, as the model sees it
};

// Chooses for execution.bfloat16, which says what may be chosen (select_execution's "auto"), and prepares the model for
// it (prepare_inference). Nothing is measured, and a CPU computes in float32, where the work ahead is less than
// kPassesToMeasure passes of as many pictures as are computed at once: two passes in each precision, of random
// pictures, are timed after one to warm up, so that measuring takes a tenth of the work at most. On other devices the
// execution is left as it is. Uses the calling thread's threads; the model is in evaluation mode.
inline constexpr int64_t kPassesToMeasure = 60;
PrecisionTimes choose_precision(VisionModel& model, Execution& execution, const PicturesAhead& ahead);

// The same with the time of a pass, in seconds, by whatever clock.
using TimePass = std::function<double(const Execution& execution)>;
PrecisionTimes choose_precision(VisionModel& model, Execution& execution, bool is_worth_measuring,
                                const TimePass& time_pass);

}  // namespace multipole
