#include "datasets/rasters/label_pyramid.h"

#include <algorithm>
#include <array>
#include <utility>

namespace multipole {
namespace {

// Of four labels the most frequent one, `empty` left out of account where there is another.
uint8_t most_frequent(const std::array<uint8_t, 4>& labels, uint8_t empty) {
  uint8_t best = empty;
  ptrdiff_t most = 0;
  for (auto label = labels.begin(); label != labels.end(); ++label) {
    if (*label == empty) continue;
    const auto votes = std::count(label, labels.end(), *label);
    if (votes <= most) continue;
    best = *label;
    most = votes;
  }
  return best;
}

}  // namespace

LabelPyramid::LabelPyramid(int64_t height, int64_t width, uint8_t empty, TileSink sink)
    : empty_(empty), sink_(std::move(sink)) {
  for (Level level{height, width};; level = {(level.height + 1) / 2, (level.width + 1) / 2}) {
    levels_.push_back(level);
    rows_.push_back({std::vector<uint8_t>(static_cast<size_t>(std::min(kTile, level.height) * level.width)), 0});
    if (std::max(level.height, level.width) <= kTile) break;
  }
}

void LabelPyramid::write(const uint8_t* rows, int64_t count) {
  for (int64_t y = 0; y < count; ++y) push(0, rows + y * levels_[0].width);
}

void LabelPyramid::push(size_t level, const uint8_t* row) {
  const auto [height, width] = levels_[level];
  Rows& kept = rows_[level];
  const int64_t place = kept.next % kTile;
  std::copy_n(row, width, kept.labels.begin() + place * width);
  const bool is_last = ++kept.next == height;
  if (level + 1 < levels_.size() && (place % 2 == 1 || is_last)) halve(level, place);
  if (place + 1 == kTile || is_last) flush(level, place + 1);
}

// `row`: the lower one of two, or a last one without a fellow.
void LabelPyramid::halve(size_t level, int64_t row) {
  const int64_t width = levels_[level].width;
  const uint8_t* const lower = rows_[level].labels.data() + row * width;
  const uint8_t* const upper = row % 2 == 1 ? lower - width : lower;
  std::vector<uint8_t> half(static_cast<size_t>(levels_[level + 1].width));
  for (int64_t x = 0; x < width; x += 2) {
    const int64_t right = std::min(x + 1, width - 1);
    half[static_cast<size_t>(x / 2)] = most_frequent({upper[x], upper[right], lower[x], lower[right]}, empty_);
  }
  push(level + 1, half.data());
}

void LabelPyramid::flush(size_t level, int64_t rows) {
  const int64_t width = levels_[level].width;
  std::vector<uint8_t> tile;
  for (int64_t left = 0; left < width; left += kTile) {
    tile.assign(static_cast<size_t>(kTile * kTile), empty_);
    for (int64_t y = 0; y < rows; ++y) {
      std::copy_n(rows_[level].labels.begin() + y * width + left, std::min(kTile, width - left),
                  tile.begin() + y * kTile);
    }
    sink_(level, tile);
  }
}

}  // namespace multipole
