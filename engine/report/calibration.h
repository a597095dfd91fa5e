// How far a classifier's probabilities can be taken at their word, and one number that mends them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "base/json.h"

namespace multipole {

// softmax(logits / temperature), (N, C) in double. All of a classifier's probabilities come from here, those that
// `predict` answers and those that a report shows.
torch::Tensor calibrated_probabilities(const torch::Tensor& logits, double temperature);

struct ReliabilityBin {
  double low = 0, high = 0;  // of the largest probability
  int64_t samples = 0;
  double confidence = 0;  // mean largest probability
  double accuracy = 0;    // share that is right
};

// Samples by the largest of their probabilities (N, C), in bins of equal width over [0, 1]; labels (N) int64.
std::vector<ReliabilityBin> reliability_bins(const torch::Tensor& probabilities, const torch::Tensor& labels,
                                             int64_t num_bins = 15);

// Expected calibration error (Guo et al., arXiv 1706.04599, equation 3): the mean distance between confidence and
// accuracy, bins weighted by their samples. 0 without samples.
double expected_calibration_error(const std::vector<ReliabilityBin>& bins);

// The T in [0.05, 20] for which softmax(logits / T) has the least cross entropy against the labels: temperature scaling
// of the same paper, section 4.2, by golden-section search over log T, where the loss has one minimum. 1 without
// samples.
double fit_temperature(const torch::Tensor& logits, const torch::Tensor& labels);

}  // namespace multipole
