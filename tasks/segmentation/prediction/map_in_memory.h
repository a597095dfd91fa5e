// A sink that keeps whole maps.
#pragma once

#include <torch/types.h>

#include "tasks/segmentation/inference/map_sink.h"

namespace multipole {

class MapInMemory : public MapSink {
 public:
  explicit MapInMemory(const MapOutputs& outputs) : outputs_(outputs) {}

  void begin(int64_t height, int64_t width) override;
  void write(const MapBand& band) override;

  // (H, W) uint8; those that are not among the outputs are undefined.
  const torch::Tensor& classes() const { return classes_; }
  const torch::Tensor& probability() const { return probability_; }
  const torch::Tensor& uncertainty() const { return uncertainty_; }

 private:
  MapOutputs outputs_;
  torch::Tensor classes_, probability_, uncertainty_;
};

}  // namespace multipole
