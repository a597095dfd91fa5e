#include "engine/report/calibration.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace multipole {

torch::Tensor calibrated_probabilities(const torch::Tensor& logits, double temperature) {
  return (logits.to(torch::kDouble) / temperature).softmax(1);
}

std::vector<ReliabilityBin> reliability_bins(const torch::Tensor& probabilities, const torch::Tensor& labels,
                                             int64_t num_bins) {
  std::vector<ReliabilityBin> bins(static_cast<size_t>(num_bins));
  for (int64_t i = 0; i < num_bins; ++i) {
    bins[i].low = static_cast<double>(i) / static_cast<double>(num_bins);
    bins[i].high = static_cast<double>(i + 1) / static_cast<double>(num_bins);
  }
  if (labels.size(0) == 0) return bins;
  const auto [largest, predicted] = probabilities.to(torch::kDouble).max(1);
  const auto right = predicted.eq(labels);
  for (int64_t i = 0; i < labels.size(0); ++i) {
    const double confidence = largest[i].item<double>();
    const auto place = static_cast<int64_t>(confidence * static_cast<double>(num_bins));
    auto& bin = bins[static_cast<size_t>(std::clamp<int64_t>(place, 0, num_bins - 1))];
    ++bin.samples;
    bin.confidence += confidence;
    bin.accuracy += right[i].item<bool>() ? 1 : 0;
  }
  for (auto& bin : bins) {
    if (bin.samples == 0) continue;
    bin.confidence /= static_cast<double>(bin.samples);
    bin.accuracy /= static_cast<double>(bin.samples);
  }
  return bins;
}

double expected_calibration_error(const std::vector<ReliabilityBin>& bins) {
  double error = 0;
  int64_t samples = 0;
  for (const auto& bin : bins) {
    error += static_cast<double>(bin.samples) * std::abs(bin.confidence - bin.accuracy);
    samples += bin.samples;
  }
  return samples == 0 ? 0 : error / static_cast<double>(samples);
}

double fit_temperature(const torch::Tensor& logits, const torch::Tensor& labels) {
  if (labels.size(0) == 0) return 1.0;
  const auto wide = logits.to(torch::kDouble);
  const auto loss = [&](double log_temperature) {
    const auto scaled = torch::log_softmax(wide / std::exp(log_temperature), 1);
    return -scaled.gather(1, labels.unsqueeze(1)).mean().item<double>();
  };
  const double ratio = 1 / std::numbers::phi;
  double low = std::log(0.05), high = std::log(20.0);
  double left = high - ratio * (high - low), right = low + ratio * (high - low);
  double at_left = loss(left), at_right = loss(right);
  while (high - low > 1e-4) {
    if (at_left < at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - ratio * (high - low);
      at_left = loss(left);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + ratio * (high - low);
      at_right = loss(right);
    }
  }
  return std::exp((low + high) / 2);
}

}  // namespace multipole
