#include "apps/classify/predictions.h"

#include <algorithm>

#include "engine/report/calibration.h"

namespace multipole {
namespace {

// Of probabilities (B, C) in double, the k largest above the threshold.
std::vector<std::vector<Prediction>> largest_above(const torch::Tensor& probabilities, double threshold, int64_t k,
                                                   const std::vector<std::string>& classes) {
  const auto [values, indices] =
      probabilities.cpu().topk(std::min<int64_t>(k, static_cast<int64_t>(classes.size())), 1);
  const auto value = values.accessor<double, 2>();
  const auto index = indices.accessor<int64_t, 2>();
  std::vector<std::vector<Prediction>> all(static_cast<size_t>(probabilities.size(0)));
  for (int64_t i = 0; i < value.size(0); ++i) {
    for (int64_t j = 0; j < value.size(1); ++j) {
      if (value[i][j] <= threshold) break;
      all[static_cast<size_t>(i)].push_back({classes[static_cast<size_t>(index[i][j])], index[i][j], value[i][j]});
    }
  }
  return all;
}

}  // namespace

std::vector<std::vector<Prediction>> top_predictions(const torch::Tensor& logits, double temperature, int64_t k,
                                                     const std::vector<std::string>& classes) {
  constexpr double kBelowAll = -1;
  return largest_above(calibrated_probabilities(logits, temperature), kBelowAll, k, classes);
}

std::vector<std::vector<Prediction>> predictions_above(const torch::Tensor& logits, double threshold, int64_t k,
                                                       const std::vector<std::string>& classes) {
  return largest_above(logits.to(torch::kFloat64).sigmoid(), threshold, k, classes);
}

}  // namespace multipole
