#include "tasks/classification/prediction/class_answers.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "engine/files/classifier_file.h"
#include "engine/report/calibration.h"
#include "heads/metrics/answers.h"

namespace multipole {
namespace {

constexpr int64_t kTopFew = 5;

// Of probabilities (B, C) in double, the k largest above the threshold.
std::vector<std::vector<ClassPrediction>> largest_above(const torch::Tensor& probabilities, double threshold, int64_t k,
                                                        const std::vector<std::string>& classes) {
  const auto [values, indices] =
      probabilities.cpu().topk(std::min<int64_t>(k, static_cast<int64_t>(classes.size())), 1);
  const auto value = values.accessor<double, 2>();
  const auto index = indices.accessor<int64_t, 2>();
  std::vector<std::vector<ClassPrediction>> all(static_cast<size_t>(probabilities.size(0)));
  for (int64_t i = 0; i < value.size(0); ++i) {
    for (int64_t j = 0; j < value.size(1); ++j) {
      if (value[i][j] <= threshold) break;
      all[static_cast<size_t>(i)].push_back({classes[static_cast<size_t>(index[i][j])], index[i][j], value[i][j]});
    }
  }
  return all;
}

}  // namespace

std::vector<std::vector<ClassPrediction>> top_predictions(const torch::Tensor& logits, double temperature, int64_t k,
                                                          const std::vector<std::string>& classes) {
  constexpr double kBelowAll = -1;
  return largest_above(calibrated_probabilities(logits, temperature), kBelowAll, k, classes);
}

std::vector<std::vector<ClassPrediction>> predictions_above(const torch::Tensor& logits, double threshold, int64_t k,
                                                            const std::vector<std::string>& classes) {
  return largest_above(logits.to(torch::kFloat64).sigmoid(), threshold, k, classes);
}

void check_question(const ClassQuestion& question, const ModelMetadata& metadata) {
  if (question.top_k) require(*question.top_k >= 1, "top_k", "must be at least 1", *question.top_k);
  if (!question.threshold) return;
  const double threshold = *question.threshold;
  require(threshold >= 0 && threshold <= 1, "threshold", "must be from 0 to 1", threshold);
  if (!is_multi_label(metadata)) {
    throw ConfigError("threshold: it is for a model of several classes a picture, and this one names one class");
  }
}

std::vector<ClassAnswer> class_answers(const torch::Tensor& logits, const ClassQuestion& question,
                                       const ModelMetadata& metadata) {
  const auto& classes = metadata.classes;
  auto predictions =
      is_multi_label(metadata)
          ? predictions_above(logits, question.threshold.value_or(kDefaultThreshold),
                              question.top_k.value_or(logits.size(1)), classes)
          : top_predictions(logits, calibration_temperature(metadata), question.top_k.value_or(kTopFew), classes);
  const auto known = answers_of(logits, 1).known.cpu();
  std::vector<ClassAnswer> answers(predictions.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    if (known[static_cast<int64_t>(i)].item<bool>()) {
      answers[i].predictions = std::move(predictions[i]);
    } else {
      answers[i].error = kNoAnswer;
    }
  }
  return answers;
}

}  // namespace multipole
