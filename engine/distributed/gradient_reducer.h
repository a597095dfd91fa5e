// Averages gradients over the processes while the backward pass still runs: c10d's Reducer (Li et al., "PyTorch
// Distributed", arXiv 2006.15704), which sends a bucket of gradients as soon as all of it is known.
#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

#include "engine/distributed/process_group.h"

namespace multipole {

class GradientReducer {
 public:
  // parameters: in the same order in all processes. A group of one reduces nothing.
  GradientReducer(std::vector<torch::Tensor> parameters, std::shared_ptr<const ProcessGroup> group);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;
  GradientReducer& operator=(const GradientReducer&) = delete;

  // loss.backward(). The gradients that it leaves in the parameters (with what was accumulated in them before) are
  // averaged over the processes where `last`, and stay this process's own otherwise. An undefined loss stands for a
  // process without samples: its gradients count as 0.
  //
  // The first pass that is reduced finds out which parameters get a gradient at all (a small picture leaves the deeper
  // levels' without one), and overlaps nothing; no pass does where checkpointing hands a gradient over in portions. A
  // parameter without gradients in all processes keeps none. Throws TrainingError where another process is lost, or
  // where overlapped passes give gradients to other parameters than the first.
  void backward(const torch::Tensor& loss, bool last);

 private:
  struct Native;
  bool backward_in_portions(const torch::Tensor& loss);
  void reduce_afterwards(const torch::Tensor& loss);
  void reduce_overlapped(const torch::Tensor& loss);
  torch::Tensor loss_without_samples() const;

  std::vector<torch::Tensor> parameters_;
  std::vector<bool> used_;  // which of them get gradients; of the last pass before overlapping
  std::shared_ptr<const ProcessGroup> group_;
  std::unique_ptr<Native> native_;
};

}  // namespace multipole
