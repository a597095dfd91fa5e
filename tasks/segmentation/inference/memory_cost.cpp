#include "tasks/segmentation/inference/memory_cost.h"

#include <torch/utils.h>

#include <algorithm>

#include "engine/runtime/tensor_memory.h"

namespace multipole {
namespace {

constexpr int64_t kSmallProbe = 192, kLargeProbe = 384;  // pixels a side
constexpr double kUnseen = 1.1;

int64_t probe(const DenseModel& model, int64_t side, ForwardCost& cost) {
  return peak_tensor_bytes([&] {
    const auto tile = torch::zeros({1, cost.channels, side, side}, torch::MemoryFormat::ChannelsLast);
    cost.num_classes = model(tile, TileOrigin{}).size(1);
  });
}

}  // namespace

ForwardCost measure_forward_cost(const DenseModel& model, int64_t channels) {
  ForwardCost cost;
  cost.channels = channels;
  const auto small = static_cast<double>(probe(model, kSmallProbe, cost));
  const auto large = static_cast<double>(probe(model, kLargeProbe, cost));
  constexpr double kPixels = kLargeProbe * kLargeProbe - kSmallProbe * kSmallProbe;
  cost.per_pixel = kUnseen * std::max(0.0, large - small) / kPixels;
  cost.fixed = std::max(0.0, kUnseen * small - cost.per_pixel * kSmallProbe * kSmallProbe);
  return cost;
}

double segmentation_bytes(const TileGrid& grid, const ForwardCost& cost, const MapOutputs& outputs) {
  const int64_t width = grid.columns.spans.back().end;
  const int64_t tile_height = grid.rows.longest(), tile_width = grid.columns.longest();
  // the window is copied when it moves on, unless the picture is one tile
  const int64_t pixel_bytes = cost.channels * width * tile_height * (grid.rows.size() > 1 ? 2 : 1);
  const int64_t map_bytes = width * tile_height * (1 + outputs.probability + outputs.uncertainty);
  const int64_t ramp_logits = grid.rows.ramp * width + grid.columns.ramp * tile_height;
  return static_cast<double>(pixel_bytes + map_bytes) +
         static_cast<double>(sizeof(float)) * static_cast<double>(cost.num_classes * ramp_logits) +
         cost.bytes(tile_height * tile_width);
}

double bytes_of_tile_at_once(const TileGrid& grid, const ForwardCost& cost) {
  const int64_t pixels = grid.rows.longest() * grid.columns.longest();
  return cost.bytes(pixels) + 2.0 * sizeof(float) * static_cast<double>(cost.num_classes * pixels);
}

}  // namespace multipole
