// Exponential moving average of a model's weights: steadier than the last ones, and what is evaluated and saved.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "engine/weights/ema_config.h"

namespace multipole {

class Ema {
 public:
  // `average` is a second model of the same architecture: it takes `source`'s weights now and their average from then
  // on. Both must outlive this object.
  Ema(const EmaConfig& config, const torch::nn::Module& source, torch::nn::Module& average);

  // average <- d average + (1 - d) source with the decay d of `step`, the number of updates before this one. Buffers
  // are copied.
  void update(int64_t step);

  double decay(int64_t step) const;

 private:
  EmaConfig config_;
  std::vector<torch::Tensor> source_, average_;
  std::vector<torch::Tensor> source_buffers_, average_buffers_;
};

}  // namespace multipole
