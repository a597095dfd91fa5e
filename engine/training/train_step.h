// One optimiser step from a window of batches: forward, backward, checks, clipping, update, average.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backbone/families/trained_model.h"
#include "datasets/dataset.h"
#include "engine/distributed/gradient_reducer.h"
#include "engine/distributed/process_group.h"
#include "engine/optimizers/optimizer.h"
#include "engine/runtime/execution.h"
#include "engine/training/train_config.h"
#include "engine/training/train_task.h"
#include "engine/weights/ema.h"

namespace multipole {

struct StepOutcome {
  bool updated = false;
  double loss = 0;           // mean over the samples
  double gradient_norm = 0;  // before clipping
  int64_t samples = 0;       // of all processes
  bool shrank = false;       // memory ran out, and the step was done again in smaller parts
  std::string
      problem;  // why there was no update: "the loss is nan", "the gradient's norm is inf"; "" for an empty window
};

class TrainStep {
 public:
  // `average` is null where no average is kept. All processes of the group make the same steps.
  TrainStep(const TrainConfig& config, const Execution& execution, TrainedModel model, TrainedModel average,
            TrainTask& task,
            std::shared_ptr<const ProcessGroup> group = std::make_shared<const ProcessGroup>(ProcessPlace{}));

  // Gradients are the mean over all samples of the windows of all processes. A loss or gradient that is not finite
  // changes nothing: no update, no average, and the model's buffers (running statistics) go back to what they were.
  // `step` counts the windows before this one.
  //
  // Where memory runs out in the forward or backward pass, the step begins again with batches cut into halves and the
  // random generators as they were, until it fits; later steps keep to that size. The gradient is the same mean. Throws
  // what the allocator threw where a single sample is too much, or where several processes train together.
  StepOutcome run(const std::vector<Batch>& window, double lr_factor, int64_t step);

  Optimizer& optimizer() const { return *optimizer_; }
  // The most samples in one forward pass since memory ran out; 0 where it never did.
  int64_t micro_batch() const { return micro_batch_; }

 private:
  bool accumulate_within_memory(const std::vector<Batch>& window, const std::vector<torch::Tensor>& buffers,
                                StepOutcome& outcome);
  bool accumulate_gradients(const std::vector<Batch>& window, StepOutcome& outcome);
  void seed_step(int64_t step) const;
  GradientReducer& reducer();
  bool clip(StepOutcome& outcome);  // false where the gradient is not finite
  void clear_gradients();
  void put_back(const std::vector<torch::Tensor>& buffers);

  TrainConfig config_;
  Execution execution_;
  TrainedModel model_;
  TrainTask& task_;
  std::shared_ptr<const ProcessGroup> group_;
  std::vector<torch::Tensor> parameters_, buffers_;
  int64_t micro_batch_ = 0;
  std::unique_ptr<GradientReducer> reducer_;
  std::vector<bool> reduced_;  // which parameters reducer_ was made for
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Ema> ema_;
};

}  // namespace multipole
