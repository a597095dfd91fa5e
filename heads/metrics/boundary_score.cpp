#include "heads/metrics/boundary_score.h"

#include <cmath>
#include <limits>

#include "heads/metrics/segmentation_metrics.h"
#include "heads/metrics/shares.h"

namespace multipole {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The lower envelope of the parabolas f(q) + (x - q)^2, at every x: `values` of one line with `stride` between them.
void transform_line(double* values, int64_t count, int64_t stride) {
  std::vector<int64_t> apex;    // of the parabolas of the envelope, left to right
  std::vector<double> from;     // where each begins to be the lowest
  std::vector<double> heights;  // f at the apexes
  const auto cross = [&](int64_t q, double height) {
    const auto p = static_cast<double>(apex.back()), x = static_cast<double>(q);
    return (height + x * x - heights.back() - p * p) / (2 * (x - p));
  };
  for (int64_t q = 0; q < count; ++q) {
    const double height = values[q * stride];
    if (height == kInfinity) continue;
    while (!apex.empty() && cross(q, height) <= from.back()) {
      apex.pop_back();
      from.pop_back();
      heights.pop_back();
    }
    from.push_back(apex.empty() ? -kInfinity : cross(q, height));
    apex.push_back(q);
    heights.push_back(height);
  }
  if (apex.empty()) return;
  size_t lowest = 0;
  for (int64_t x = 0; x < count; ++x) {
    while (lowest + 1 < apex.size() && from[lowest + 1] <= static_cast<double>(x)) ++lowest;
    const auto distance = static_cast<double>(x - apex[lowest]);
    values[x * stride] = distance * distance + heights[lowest];
  }
}

// The share of `border` that lies within the squared distance of the other set.
double share_within(const torch::Tensor& border, const torch::Tensor& squared_distances, double limit) {
  const auto count = border.sum().item<double>();
  return share((border & squared_distances.le(limit)).sum().item<double>(), count);
}

}  // namespace

BoundaryScore::BoundaryScore(int64_t num_classes, double tolerance, int64_t ignored_label)
    : num_classes_(num_classes),
      tolerance_(tolerance),
      ignored_label_(ignored_label),
      sums_(num_classes),
      pictures_(num_classes) {}

void BoundaryScore::update(const torch::Tensor& predictions, const torch::Tensor& labels) {
  TORCH_CHECK(predictions.dim() == 2 && predictions.sizes() == labels.sizes(),
              "boundary score: expected two (H, W) maps of one size, got ", predictions.sizes(), " and ",
              labels.sizes());
  const auto height = static_cast<double>(labels.size(0)), width = static_cast<double>(labels.size(1));
  const double radius = tolerance_ * std::sqrt(height * height + width * width);
  const auto counted = labels.ne(ignored_label_);
  for (int64_t label = 0; label < num_classes_; ++label) {
    const auto truth = labels.eq(label), taken = predictions.eq(label) & counted;
    if (!truth.any().item<bool>() && !taken.any().item<bool>()) continue;
    ++pictures_[label];
    const auto true_border = border_of(truth), taken_border = border_of(taken);
    const double precision = share_within(taken_border, squared_distance(true_border), radius * radius);
    const double recall = share_within(true_border, squared_distance(taken_border), radius * radius);
    // a region that fills the picture has no border, on either side
    const bool no_borders = std::isnan(precision) && std::isnan(recall);
    if (no_borders) sums_[label] += truth.equal(taken) ? 1.0 : 0.0;
    if (precision + recall > 0) sums_[label] += 2 * precision * recall / (precision + recall);
  }
}

std::vector<double> BoundaryScore::per_class() const {
  std::vector<double> scores;
  for (int64_t i = 0; i < num_classes_; ++i) scores.push_back(share(sums_[i], static_cast<double>(pictures_[i])));
  return scores;
}

double BoundaryScore::mean() const { return mean_of_present(per_class()); }

torch::Tensor border_of(const torch::Tensor& region) {
  const auto outside = region.logical_not();
  auto border = torch::zeros_like(region);
  for (const int64_t axis : {0, 1}) {
    const int64_t inner = region.size(axis) - 1;
    border.narrow(axis, 0, inner).logical_or_(outside.narrow(axis, 1, inner));
    border.narrow(axis, 1, inner).logical_or_(outside.narrow(axis, 0, inner));
  }
  return border.logical_and(region);
}

torch::Tensor squared_distance(const torch::Tensor& set) {
  auto distances = torch::full(set.sizes(), kInfinity, torch::kDouble).masked_fill_(set, 0.0);
  auto* const values = distances.data_ptr<double>();
  const int64_t height = set.size(0), width = set.size(1);
  for (int64_t x = 0; x < width; ++x) transform_line(values + x, height, width);
  for (int64_t y = 0; y < height; ++y) transform_line(values + y * width, width, 1);
  return distances;
}

}  // namespace multipole
