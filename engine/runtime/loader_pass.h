// One pass of a loader through a model, for everything that only looks at what the model answers.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <functional>

#include "datasets/loading/loader.h"
#include "engine/runtime/execution.h"
#include "engine/runtime/mirrored_logits.h"
#include "heads/model/model.h"

namespace multipole {

struct LoaderPass {
  int64_t bad_samples = 0;  // unreadable, left out
  bool complete = true;     // false where `stop` cut it short
};

// Streams the loader's epoch 0 through the model, which must be on the execution's device; its training mode is
// restored afterwards. `visit` gets every batch that has samples and its logits on that device, in inference mode and
// under the execution's autocast; `mirror` is for classifiers. Throws what the loader throws and InputError for a label
// outside [0, num_labels); with num_labels = 0 labels are not looked at.
LoaderPass pass_over(VisionModel& model, Loader& loader, const Execution& execution, int64_t num_labels,
                     const std::atomic<bool>* stop,
                     const std::function<void(const Batch& batch, const torch::Tensor& logits)>& visit,
                     Mirror mirror = Mirror::kNever);

// Throws InputError, naming the file, where a label of the batch is not in [0, num_classes).
void check_labels(const Batch& batch, int64_t num_classes);

}  // namespace multipole
