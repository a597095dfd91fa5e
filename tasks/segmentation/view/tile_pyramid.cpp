#include "tasks/segmentation/view/tile_pyramid.h"

#include <torch/utils.h>

#include <algorithm>
#include <utility>

namespace multipole {
namespace {

int64_t num_tiles_along(int64_t pixels, int64_t tile_side) { return (pixels + tile_side - 1) / tile_side; }

}  // namespace

std::vector<ImageSize> pyramid_levels(ImageSize size, int64_t tile_side) {
  std::vector<ImageSize> levels = {size};
  while (std::max(levels.back().height, levels.back().width) > tile_side) {
    levels.push_back({(levels.back().height + 1) / 2, (levels.back().width + 1) / 2});
  }
  std::reverse(levels.begin(), levels.end());
  return levels;
}

void for_each_tile(ImageSize size, int64_t tile_side, const std::function<void(const TilePlace& place)>& visit) {
  const auto levels = pyramid_levels(size, tile_side);
  for (size_t level = 0; level < levels.size(); ++level) {
    const int64_t rows = num_tiles_along(levels[level].height, tile_side);
    const int64_t columns = num_tiles_along(levels[level].width, tile_side);
    for (int64_t i = 0; i < rows * columns; ++i) visit({static_cast<int64_t>(level), i % columns, i / columns});
  }
}

int64_t count_pyramid_tiles(ImageSize size, int64_t tile_side) {
  int64_t count = 0;
  for_each_tile(size, tile_side, [&count](const TilePlace&) { ++count; });
  return count;
}

TilePyramid::TilePyramid(ImageSize size, int64_t tile_side, Halve halve, TileSink sink)
    : tile_side_(tile_side), halve_(std::move(halve)), sink_(std::move(sink)) {
  TORCH_CHECK(tile_side > 0 && tile_side % 2 == 0, "tile_side: expected an even number, got ", tile_side);
  TORCH_CHECK(size.height > 0 && size.width > 0, "a pyramid of ", size.height, " x ", size.width, " pixels");
  for (const auto& level : pyramid_levels(size, tile_side)) levels_.push_back({level, {}, 0, 0});
}

void TilePyramid::write(const torch::Tensor& rows) { add(levels_.size() - 1, rows); }

void TilePyramid::add(size_t index, const torch::Tensor& rows) {
  Level& level = levels_[index];
  const int64_t missing = level.size.height - level.num_done - level.num_held;
  TORCH_CHECK(rows.dim() >= 2 && rows.size(1) == level.size.width && rows.size(0) <= missing, "rows: expected ",
              level.size.width, " columns and at most ", missing, " rows, got ", rows.sizes());
  if (!level.rows.defined()) {
    auto sizes = rows.sizes().vec();
    sizes[0] = std::min(tile_side_, level.size.height);
    level.rows = torch::empty(sizes, torch::kUInt8);
  }
  for (int64_t y = 0; y < rows.size(0);) {
    const int64_t count = std::min(rows.size(0) - y, level.rows.size(0) - level.num_held);
    level.rows.narrow(0, level.num_held, count).copy_(rows.narrow(0, y, count));
    y += count;
    level.num_held += count;
    const bool is_last = level.num_done + level.num_held == level.size.height;
    if (level.num_held == tile_side_ || is_last) pass_on(index);
  }
}

void TilePyramid::pass_on(size_t index) {
  Level& level = levels_[index];
  const auto rows = level.rows.narrow(0, 0, level.num_held);
  const int64_t row = level.num_done / tile_side_;
  for (int64_t column = 0; column * tile_side_ < level.size.width; ++column) {
    const int64_t x = column * tile_side_;
    sink_({static_cast<int64_t>(index), column, row}, rows.slice(1, x, std::min(x + tile_side_, level.size.width)));
  }
  level.num_done += level.num_held;
  level.num_held = 0;
  if (index > 0) add(index - 1, halve_(rows));
}

}  // namespace multipole
