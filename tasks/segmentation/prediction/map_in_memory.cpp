#include "tasks/segmentation/prediction/map_in_memory.h"

namespace multipole {

void MapInMemory::begin(int64_t height, int64_t width) {
  const c10::InferenceMode no_inference(false);  // the maps are the caller's, who may change them in any mode
  const auto map = [&](bool wanted) { return wanted ? torch::empty({height, width}, torch::kUInt8) : torch::Tensor(); };
  classes_ = map(true);
  probability_ = map(outputs_.probability);
  uncertainty_ = map(outputs_.uncertainty);
}

void MapInMemory::write(const MapBand& band) {
  const int64_t rows = band.classes.size(0);
  const auto keep = [&](const torch::Tensor& map, const torch::Tensor& part) {
    if (map.defined()) map.narrow(0, band.first_row, rows).copy_(part);
  };
  keep(classes_, band.classes);
  keep(probability_, band.probability);
  keep(uncertainty_, band.uncertainty);
}

}  // namespace multipole
