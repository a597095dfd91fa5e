#include "datasets/regions/region_tracer.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace multipole {
namespace {

// The sides that meet at a corner, clockwise. Between each and the next lies a pixel, in the order of `around`: upper
// right, lower right, lower left, upper left.
enum Side : size_t { kUp = 0, kRight = 1, kDown = 2, kLeft = 3 };

}  // namespace

RegionTracer::RegionTracer(int64_t width, Take take) : width_(width), take_(std::move(take)) {
  if (width < 1 || width >= std::numeric_limits<int32_t>::max()) throw std::invalid_argument("a map of no such width");
  find_runs(nullptr);
  std::swap(above_, below_);
}

// Without labels: a row of no region, as there is above the first and below the last.
void RegionTracer::find_runs(const uint8_t* labels) {
  const auto width = static_cast<int32_t>(width_);
  below_.clear();
  below_.push_back({-1, 0, kNoRegion});
  for (int32_t x = 0; x < width;) {
    const uint8_t label = labels == nullptr ? kNoRegion : labels[x];
    int32_t end = labels == nullptr ? width : x + 1;
    while (end < width && labels[end] == label) ++end;
    below_.push_back({x, end, label});
    x = end;
  }
  below_.push_back({width, width + 1, kNoRegion});
}

void RegionTracer::connect_rows() {
  size_t i = 1;
  for (size_t j = 1; j + 1 < below_.size(); ++j) {
    Run& run = below_[j];
    while (above_[i].end <= run.begin) ++i;
    if (run.label == kNoRegion) continue;
    for (size_t k = i; above_[k].begin < run.end; ++k) {
      if (above_[k].label != run.label) continue;
      run.part =
          run.part == GrowingRegions::kNone ? regions_.root(above_[k].part) : regions_.unite(run.part, above_[k].part);
    }
    if (run.part == GrowingRegions::kNone) run.part = regions_.start(run.label);
  }
}

void RegionTracer::count_pixels(const uint8_t* values, double weight) {
  for (auto& run : below_) {
    if (run.label == kNoRegion) continue;
    GrowingRegions::RunOfPixels pixels = {row_, row_ * width_ + run.begin, run.end - run.begin, 0, 0};
    pixels.weight = static_cast<double>(pixels.pixels) * weight;
    if (values != nullptr) pixels.values = std::accumulate(values + run.begin, values + run.end, uint64_t{0});
    run.part = regions_.root(run.part);
    regions_.add(run.part, pixels);
  }
}

void RegionTracer::trace_corner(int32_t x, const std::array<Run*, 4>& around, Line& line) {
  std::array<bool, 4> border;  // whether the side before each pixel parts two labels
  for (size_t k = 0; k < 4; ++k) border[k] = around[(k + 3) % 4]->label != around[k]->label;
  const auto& [upper_right, lower_right, lower_left, upper_left] = around;
  const Line before = line;
  for (size_t from = 0; from < 4; ++from) {
    const Run& run = *around[from];
    if (!border[from] || run.label == kNoRegion) continue;
    // The outline comes in along the side `from` and leaves along `to`, past the pixels between them.
    size_t to = (from + 1) % 4;
    while (!border[to]) to = (to + 1) % 4;
    const bool is_alone = to == (from + 1) % 4;
    const CornerPaths::Turn turn = {{x, row_}, is_alone && around[(from + 2) % 4]->label == run.label};
    const bool straight = to == (from + 2) % 4;
    const bool comes_known = from == kUp || from == kLeft, goes_known = to == kUp || to == kLeft;
    const End last = from == kUp ? upper_right->down : before.above;
    const End first = to == kUp ? upper_left->up : before.below;
    End& going = to == kRight ? line.above : lower_right->down;
    End& coming = from == kRight ? line.below : lower_left->up;
    if (comes_known && !straight) paths_.append(last, turn);
    if (comes_known && goes_known) {
      const auto ring = paths_.join(last, first);
      if (ring != CornerPaths::kNone) regions_.add_ring(regions_.root(run.part), ring);
    } else if (comes_known) {
      going = last;
    } else if (goes_known) {
      if (!straight) paths_.prepend(first, turn);
      coming = first;
    } else {
      const auto ends = paths_.start(turn);
      going = ends.last;
      coming = ends.first;
    }
  }
}

void RegionTracer::trace_line() {
  Line line;
  for (size_t i = 1, j = 1; i < above_.size() && j < below_.size();) {
    Run* const upper_left = &above_[i - 1];
    Run* const lower_left = &below_[j - 1];
    const int32_t x = std::min(above_[i].begin, below_[j].begin);
    Run* const upper_right = above_[i].begin == x ? &above_[i++] : upper_left;
    Run* const lower_right = below_[j].begin == x ? &below_[j++] : lower_left;
    trace_corner(x, {upper_right, lower_right, lower_left, upper_left}, line);
  }
}

void RegionTracer::hand_over() {
  for (const auto& run : above_) {
    if (run.label == kNoRegion) continue;
    const auto root = regions_.root(run.part);
    if (regions_.is_done(root, row_)) take_(regions_.take(root, paths_));
  }
}

void RegionTracer::add_row(const uint8_t* labels, const uint8_t* values, double weight) {
  find_runs(labels);
  connect_rows();
  count_pixels(values, weight);
  trace_line();
  hand_over();
  for (auto& run : below_) {
    if (run.label != kNoRegion) run.part = regions_.root(run.part);
  }
  regions_.forget_united();
  std::swap(above_, below_);
  ++row_;
}

void RegionTracer::finish() { add_row(nullptr); }

}  // namespace multipole
