// How good a classifier of several classes a picture is, over one pass of a loader.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <functional>

#include "datasets/loading/loader.h"
#include "engine/distributed/process_group.h"
#include "engine/runtime/execution.h"
#include "engine/runtime/mirrored_logits.h"
#include "heads/metrics/multi_label_metrics.h"
#include "heads/model/model.h"

namespace multipole {

struct MultiLabelEvaluation {
  MultiLabelMetrics metrics;
  double loss = 0;          // mean one-vs-rest cross entropy, without smoothing and weights; NaN where nothing was seen
  int64_t bad_samples = 0;  // unreadable, left out of everything
  bool complete = true;     // false where `stop` cut it short

  // Puts together what the processes of the group found, each in its share of the data.
  void sum_over(const ProcessGroup& group);
};

// As evaluate_classifier(); the loader's labels are rows of `label_sets` (S, num_classes), see
// datasets/sources/label_targets.h.
MultiLabelEvaluation evaluate_multi_label(VisionModel& model, Loader& loader, const torch::Tensor& label_sets,
                                          const Execution& execution, double threshold = 0.5,
                                          const std::atomic<bool>* stop = nullptr,
                                          const std::function<void(int64_t)>& progress = {},
                                          Mirror mirror = Mirror::kNever);

}  // namespace multipole
