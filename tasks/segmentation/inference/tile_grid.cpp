#include "tasks/segmentation/inference/tile_grid.h"

#include <algorithm>

#include "base/fields.h"

namespace multipole {
namespace {

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

int64_t TileShape::smallest_tile() const {
  return overlap + ceil_div(std::max<int64_t>(1, overlap), alignment) * alignment;
}

void TileShape::validate(const std::string& where) const {
  require(alignment >= 1, where + ".alignment", "must be positive", alignment);
  require(overlap >= 0, where + ".overlap", "must not be negative", overlap);
  require(max_step() >= std::max<int64_t>(1, overlap), where + ".tile",
          "must be at least twice the overlap, rounded up to the model's coarsest stride: " +
              std::to_string(smallest_tile()),
          tile);
}

int64_t TileAxis::longest() const {
  int64_t longest = 0;
  for (const auto& span : spans) longest = std::max(longest, span.end - span.begin);
  return longest;
}

TileAxis make_tile_axis(int64_t extent, const TileShape& shape) {
  shape.validate("tiles");
  TileAxis axis;
  if (extent <= shape.tile) {
    axis.spans.push_back({0, extent, 0, extent, 0, extent});
    return axis;
  }
  const int64_t context = shape.overlap / 4, covered = extent - shape.overlap;
  const int64_t step =
      ceil_div(ceil_div(covered, ceil_div(covered, shape.max_step())), shape.alignment) * shape.alignment;
  const int64_t count = ceil_div(covered, step);
  axis.ramp = shape.overlap - 2 * context;
  for (int64_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    TileSpan span;
    span.begin = i * step;
    span.end = last ? extent : span.begin + step + shape.overlap;
    span.used_begin = i == 0 ? 0 : span.begin + context;
    span.used_end = last ? extent : span.end - context;
    span.final_begin = span.used_begin;
    span.final_end = last ? extent : span.used_end - axis.ramp;
    axis.spans.push_back(span);
  }
  return axis;
}

TileGrid make_tile_grid(ImageSize image_size, const TileShape& shape) {
  return {make_tile_axis(image_size.height, shape), make_tile_axis(image_size.width, shape)};
}

TileGrid whole_picture_grid(ImageSize image_size) {
  return make_tile_grid(image_size, {.tile = std::max(image_size.height, image_size.width), .overlap = 0});
}

torch::Tensor ramp_weights(int64_t ramp) {
  return (torch::arange(ramp, torch::kFloat) + 0.5) / std::max<int64_t>(1, ramp);
}

}  // namespace multipole
