// How much of a map each class has, in pixels and on the ground.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "datasets/vector/georeference.h"
#include "tasks/segmentation/inference/map_sink.h"

namespace multipole {

class ClassAreas : public MapSink {
 public:
  explicit ClassAreas(const std::optional<Georeference>& georeference) : georeference_(georeference) {}

  void begin(int64_t height, int64_t width) override;
  void write(const MapBand& band) override;

  // Pixels without data are of no class.
  int64_t pixels(size_t label) const { return pixels_.at(label); }
  // As Georeference::pixel_area() has it; nothing where that is nothing.
  std::optional<double> square_metres(size_t label) const;

 private:
  std::optional<Georeference> georeference_;
  std::array<int64_t, 256> pixels_ = {};
  std::array<double, 256> weighted_ = {};
};

}  // namespace multipole
