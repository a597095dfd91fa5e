// What a frozen backbone says of every picture of a loader, from the store where it is there.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "datasets/loading/loader.h"
#include "engine/observers/train_observer.h"
#include "engine/runtime/execution.h"
#include "heads/model/model.h"
#include "tasks/classification/probe/feature_store.h"

namespace multipole {

struct ProbeFeatures {
  torch::Tensor vectors;  // (N, embedding_dim) float32
  torch::Tensor labels;   // (N) int64
  int64_t computed = 0, reused = 0;
  int64_t bad_samples = 0;  // unreadable, left out
  bool complete = true;     // false where `stop` cut it short; the store has what was computed
};

// One pass over the loader's epoch 0; `total` is how many pictures it has. The model is on the execution's device and
// in evaluation mode. Saves the store at the end, when it is stopped, when it fails, and now and then. Throws what the
// loader throws, InputError where no picture can be read, and ModelFileError, naming the picture, for a vector that is
// not finite.
ProbeFeatures probe_features(VisionModel& model, Loader& loader, int64_t total, const Execution& execution,
                             FeatureStore& store, TrainObserver& observer, const std::atomic<bool>* stop = nullptr);

}  // namespace multipole
