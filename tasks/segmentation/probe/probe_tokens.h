// What a frozen backbone says of the labelled tokens of every picture of a loader.
#pragma once

#include <atomic>
#include <cstdint>

#include "datasets/loading/loader.h"
#include "engine/observers/train_observer.h"
#include "engine/runtime/execution.h"
#include "heads/model/model.h"
#include "tasks/segmentation/probe/map_store.h"
#include "tasks/segmentation/probe/token_sample.h"

namespace multipole {

struct MapPass {
  int64_t computed = 0, reused = 0;
  int64_t bad_samples = 0;  // unreadable, left out
  bool complete = true;     // false where `stop` cut it short; the store has what was computed
};

// One pass over the loader's epoch 0, one picture with its mask a batch; `total` is how many it has. Each last map
// comes from the store or goes into it, and its tokens are offered to the sample. The model is on the execution's
// device and in evaluation mode. Throws what the loader throws, ModelFileError, naming the picture, for a map that is
// not finite, and ResourceError where a map cannot be kept.
MapPass sample_tokens(VisionModel& model, Loader& loader, int64_t total, const Execution& execution, MapStore& store,
                      TokenSample& sample, TrainObserver& observer, const std::atomic<bool>* stop = nullptr);

}  // namespace multipole
