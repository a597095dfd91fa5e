// What a classifier's logits say of each picture of a batch.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "apps/classify/prediction_writer.h"

namespace multipole {

// The k most probable classes of each picture, where one excludes the others, by logits (B, C) and the temperature that
// calibrates them.
std::vector<std::vector<Prediction>> top_predictions(const torch::Tensor& logits, double temperature, int64_t k,
                                                     const std::vector<std::string>& classes);

// Every class whose probability, the sigmoid of its logit, is above the threshold; the most probable k, those first.
// There may be none.
std::vector<std::vector<Prediction>> predictions_above(const torch::Tensor& logits, double threshold, int64_t k,
                                                       const std::vector<std::string>& classes);

}  // namespace multipole
