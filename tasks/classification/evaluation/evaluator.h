// A classifier's accuracy over one pass of a loader.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "datasets/loading/loader.h"
#include "engine/distributed/process_group.h"
#include "engine/runtime/execution.h"
#include "engine/runtime/mirrored_logits.h"
#include "heads/metrics/classification_metrics.h"
#include "heads/model/model.h"
#include "tasks/classification/evaluation/classifier_outputs.h"

namespace multipole {

struct ClassifierEvaluation {
  ClassificationMetrics metrics;
  double loss = 0;          // mean cross entropy over the samples, without smoothing; NaN where there were none
  int64_t bad_samples = 0;  // unreadable, left out of everything
  bool complete = true;     // false where `stop` cut it short

  // Adds up what the processes of the group found, each in its share of the data.
  void sum_over(const ProcessGroup& group);
};

// Streams the loader's epoch 0 through the model as pass_over() does (loader_pass.h). progress is called after each
// batch with the samples done. Throws what the loader throws and InputError for a label that the model has no class
// for.
ClassifierEvaluation evaluate_classifier(VisionModel& model, Loader& loader, const Execution& execution,
                                         const std::atomic<bool>* stop = nullptr,
                                         const std::function<void(int64_t)>& progress = {},
                                         Mirror mirror = Mirror::kNever);

// The same of answers that are there already.
ClassifierEvaluation evaluate_outputs(const ClassifierOutputs& outputs);

}  // namespace multipole
