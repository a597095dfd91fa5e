#include "heads/metrics/boundary_score.h"

#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "heads/metrics/segmentation_metrics.h"
#include "heads/metrics/shares.h"

namespace multipole {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The same memory, (H, W) bool, as bytes of 0 and 1.
cv::Mat mask_view(const torch::Tensor& mask) {
  return {static_cast<int>(mask.size(0)), static_cast<int>(mask.size(1)), CV_8U, mask.data_ptr()};
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

void BoundaryScore::sum_over(const std::function<void(torch::Tensor&)>& sum) {
  torch::Tensor counts = torch::empty({2, num_classes_}, torch::kFloat64);
  for (int64_t i = 0; i < num_classes_; ++i) {
    counts[0][i] = sums_[static_cast<size_t>(i)];
    counts[1][i] = static_cast<double>(pictures_[static_cast<size_t>(i)]);
  }
  sum(counts);
  for (int64_t i = 0; i < num_classes_; ++i) {
    sums_[static_cast<size_t>(i)] = counts[0][i].item<double>();
    pictures_[static_cast<size_t>(i)] = static_cast<int64_t>(counts[1][i].item<double>());
  }
}

double BoundaryScore::mean() const { return mean_of_present(per_class()); }

torch::Tensor border_of(const torch::Tensor& region) {
  const auto dense = region.contiguous();
  const auto border = torch::empty_like(dense);
  const cv::Mat view = mask_view(border);
  cv::erode(mask_view(dense), view, cv::getStructuringElement(cv::MORPH_CROSS, {3, 3}));
  cv::subtract(mask_view(dense), view, view);
  return border;
}

torch::Tensor squared_distance(const torch::Tensor& set) {
  if (!set.any().item<bool>()) return torch::full(set.sizes(), kInfinity, torch::kDouble);
  const auto others = set.logical_not();
  const auto distances = torch::empty(set.sizes(), torch::kFloat);
  const cv::Mat view(static_cast<int>(set.size(0)), static_cast<int>(set.size(1)), CV_32F, distances.data_ptr());
  cv::distanceTransform(mask_view(others.contiguous()), view, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  return distances.to(torch::kDouble).square_().round_();  // the roots of whole numbers
}

}  // namespace multipole
