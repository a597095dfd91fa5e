#include "datasets/ground/ground_blocks.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace multipole {
namespace {

constexpr std::array<int64_t, 4> kSides = {1024, 512, 256, 128};
constexpr int64_t kFewestBlocks = 24;

int64_t parts_of(int64_t extent, int64_t side) {
  return std::max<int64_t>(1, std::llround(static_cast<double>(extent) / static_cast<double>(side)));
}

bool overlap(int64_t begin, int64_t end, int64_t other_begin, int64_t other_end) {
  return begin < other_end && other_begin < end;
}

// Leaves out of the interval what lies within `gap` of the other one, which does not overlap it.
void move_away(int64_t& begin, int64_t& size, int64_t other_begin, int64_t other_end, int64_t gap) {
  int64_t end = begin + size;
  if (other_end <= begin) begin = std::max(begin, other_end + gap);
  if (other_begin >= end) end = std::min(end, other_begin - gap);
  size = end - begin;
}

bool is_near(const CropBox& box, const CropBox& other, int64_t gap) {
  return overlap(box.top - gap, box.bottom() + gap, other.top, other.bottom()) &&
         overlap(box.left - gap, box.right() + gap, other.left, other.right());
}

void keep_apart(CropBox& box, const CropBox& other, int64_t gap) {
  if (!is_near(box, other, gap)) return;
  if (overlap(box.left, box.right(), other.left, other.right())) {
    move_away(box.top, box.height, other.top, other.bottom(), gap);
  } else {
    move_away(box.left, box.width, other.left, other.right(), gap);
  }
}

bool is_beside(const CropBox& box, const CropBox& other) {
  return overlap(box.left, box.right(), other.left, other.right()) ||
         overlap(box.top, box.bottom(), other.top, other.bottom());
}

}  // namespace

int64_t choose_block_side(const std::vector<RasterSize>& rasters) {
  for (const int64_t side : kSides) {
    int64_t count = 0;
    for (const auto& raster : rasters) count += parts_of(raster.height, side) * parts_of(raster.width, side);
    if (count >= kFewestBlocks) return side;
  }
  return kSides.back();
}

std::vector<GroundBlock> cut_into_blocks(const std::vector<RasterSize>& rasters, int64_t side) {
  std::vector<GroundBlock> blocks;
  for (size_t raster = 0; raster < rasters.size(); ++raster) {
    const auto [height, width] = rasters[raster];
    const int64_t rows = parts_of(height, side), columns = parts_of(width, side);
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t top = row * height / rows, bottom = (row + 1) * height / rows;
      for (int64_t column = 0; column < columns; ++column) {
        const int64_t left = column * width / columns, right = (column + 1) * width / columns;
        blocks.push_back({raster, {top, left, bottom - top, right - left}});
      }
    }
  }
  return blocks;
}

std::vector<GroundBlock> blocks_apart(const std::vector<GroundBlock>& blocks, const std::vector<bool>& held_out,
                                      int64_t gap) {
  std::vector<GroundBlock> kept;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (held_out[i]) continue;
    GroundBlock block = blocks[i];
    // those beside it first: what these take may leave a block across a corner far enough away
    for (const bool beside : {true, false}) {
      for (size_t j = 0; j < blocks.size(); ++j) {
        if (!held_out[j] || blocks[j].raster != block.raster) continue;
        if (is_beside(blocks[i].box, blocks[j].box) == beside) keep_apart(block.box, blocks[j].box, gap);
      }
    }
    if (block.box.height > 0 && block.box.width > 0) kept.push_back(block);
  }
  return kept;
}

}  // namespace multipole
