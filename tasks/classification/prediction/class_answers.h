// What a classifier's logits say of each picture of a batch.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/files/model_file.h"
#include "tasks/classification/prediction/class_prediction.h"

namespace multipole {

// The k most probable classes of each picture, where one excludes the others, by logits (B, C) and the temperature that
// calibrates them.
std::vector<std::vector<ClassPrediction>> top_predictions(const torch::Tensor& logits, double temperature, int64_t k,
                                                          const std::vector<std::string>& classes);

// Every class whose probability, the sigmoid of its logit, is above the threshold; the most probable k, those first.
// There may be none.
std::vector<std::vector<ClassPrediction>> predictions_above(const torch::Tensor& logits, double threshold, int64_t k,
                                                            const std::vector<std::string>& classes);

// Throws ConfigError for what cannot be asked of the model: a threshold of one that names a single class, a number out
// of its range, NaN included.
void check_question(const ClassQuestion& question, const ModelMetadata& metadata);

// One answer a picture by logits (B, C). A picture whose largest logit is no finite number has an error instead.
std::vector<ClassAnswer> class_answers(const torch::Tensor& logits, const ClassQuestion& question,
                                       const ModelMetadata& metadata);

}  // namespace multipole
