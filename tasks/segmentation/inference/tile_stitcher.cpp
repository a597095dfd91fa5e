#include "tasks/segmentation/inference/tile_stitcher.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "heads/metrics/answers.h"

namespace multipole {
namespace {

constexpr int64_t kPixelsAtOnce = 1 << 20;  // bounds what deciding allocates, whatever the tile

// `tile` fades in over `before` along a ramp, in place: computed in float32 at least, whatever the logits are stored
// in.
void fade_in(const torch::Tensor& before, const torch::Tensor& tile, const torch::Tensor& weights) {
  const auto type = torch::promote_types(tile.scalar_type(), torch::kFloat);
  const auto from = before.to(type), to = tile.to(type);
  auto mixed = torch::lerp(from, to, weights.to(type));
  // a class that one side rules out by minus infinity is ruled out, where the difference of the two would be no number
  if (mixed.isnan().any().item<bool>()) mixed = torch::where(mixed.isnan(), from + to, mixed);
  tile.copy_(mixed);
}

torch::Tensor to_bytes(const torch::Tensor& share) { return (share * 255).round_().clamp_(0, 255).to(torch::kUInt8); }

}  // namespace

TileStitcher::TileStitcher(const TileGrid& grid, const MapOutputs& outputs)
    : grid_(grid),
      outputs_(outputs),
      row_weights_(ramp_weights(grid.rows.ramp).view({1, -1, 1})),
      column_weights_(ramp_weights(grid.columns.ramp).view({1, 1, -1})) {}

void TileStitcher::start_row(int64_t row) {
  const auto& span = grid_.rows.spans.at(static_cast<size_t>(row));
  const int64_t width = grid_.columns.spans.back().end;
  const auto bytes = [&] { return torch::zeros({span.final_end - span.final_begin, width}, torch::kUInt8); };
  band_ = {};
  band_.first_row = span.final_begin;
  band_.classes = bytes();
  if (outputs_.probability) band_.probability = bytes();
  if (outputs_.uncertainty) band_.uncertainty = bytes();
}

void TileStitcher::add(int64_t row, int64_t column, torch::Tensor logits) {
  const auto& y = grid_.rows.spans.at(static_cast<size_t>(row));
  const auto& x = grid_.columns.spans.at(static_cast<size_t>(column));
  TORCH_CHECK(logits.dim() == 3 && logits.size(1) == y.end - y.begin && logits.size(2) == x.end - x.begin,
              "logits: expected (num_classes, ", y.end - y.begin, ", ", x.end - x.begin, "), got ", logits.sizes());
  if (column == 0) start_row(row);
  const int64_t row_ramp = grid_.rows.ramp, column_ramp = grid_.columns.ramp;
  const bool last_row = row + 1 == grid_.rows.size(), last_column = column + 1 == grid_.columns.size();
  logits = logits.slice(1, y.used_begin - y.begin, y.used_end - y.begin)
               .slice(2, x.used_begin - x.begin, x.used_end - x.begin);
  if (right_.defined() && column > 0 && column_ramp > 0)
    fade_in(right_, logits.narrow(2, 0, column_ramp), column_weights_);
  if (!last_column) right_ = logits.narrow(2, logits.size(2) - column_ramp, column_ramp).clone();
  logits = logits.narrow(2, 0, x.final_end - x.final_begin);
  if (row_ramp > 0) {
    if (!below_.defined()) below_ = torch::zeros({logits.size(0), row_ramp, band_.classes.size(1)}, logits.options());
    auto kept = below_.slice(2, x.final_begin, x.final_end);
    if (row > 0) fade_in(kept, logits.narrow(1, 0, row_ramp), row_weights_);
    if (!last_row) kept.copy_(logits.narrow(1, logits.size(1) - row_ramp, row_ramp));
  }
  decide(logits.narrow(1, 0, y.final_end - y.final_begin), x.final_begin);
}

void TileStitcher::skip(int64_t row, int64_t column) {
  if (column == 0) start_row(row);
  // what neighbours share with it holds no data either, so that nothing that is kept of it is ever seen
  right_.reset();
}

void TileStitcher::decide(const torch::Tensor& logits, int64_t first_column) {
  const int64_t height = logits.size(1), width = logits.size(2);
  const int64_t rows_at_once = std::max<int64_t>(1, kPixelsAtOnce / width);
  for (int64_t y = 0; y < height; y += rows_at_once) {
    const int64_t rows = std::min(rows_at_once, height - y);
    const auto part = logits.narrow(1, y, rows);
    const auto place = [&](const torch::Tensor& map) { return map.narrow(0, y, rows).narrow(1, first_column, width); };
    const Answers answers = answers_of(part, 0);
    if (!answers.known.all().item<bool>()) throw Error(kNoAnswer);
    place(band_.classes).copy_(answers.labels);
    if (!outputs_.probability && !outputs_.uncertainty) continue;
    const auto log_probabilities = part.to(torch::kFloat).log_softmax(0);
    const auto probabilities = log_probabilities.exp();
    if (outputs_.probability) place(band_.probability).copy_(to_bytes(std::get<0>(probabilities.max(0))));
    if (outputs_.uncertainty) {
      const double most = std::log(static_cast<double>(std::max<int64_t>(2, part.size(0))));
      // x log x is 0 at 0, where the logarithm is minus infinity
      const auto terms = torch::where(probabilities > 0, probabilities * log_probabilities, 0.0);
      place(band_.uncertainty).copy_(to_bytes(terms.sum(0) / -most));
    }
  }
}

MapBand TileStitcher::take_band(int64_t row) {
  const auto& span = grid_.rows.spans.at(static_cast<size_t>(row));
  TORCH_CHECK(band_.classes.defined() && band_.first_row == span.final_begin, "no tile of row ", row, " was added");
  return std::exchange(band_, {});
}

}  // namespace multipole
