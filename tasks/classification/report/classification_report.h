// The numbers of a classifier's report, as report.json holds them:
//
//   metrics           {"samples", "bad_samples", "top1", "top5", "balanced_accuracy", "macro_f1", "loss" (of the logits
//                     as they are, as in the curves)}
//   per_class         [{"class", "samples", "precision", "recall", "f1"}], null where there is nothing to divide by
//   confusion_matrix  rows are the truth
//   calibration       {"temperature", "ece", "loss", "bins", "ece_uncalibrated", "loss_uncalibrated"}: the first of the
//                     stored model, which has the temperature, the last two of the same logits without it
//   mistakes          {"worst": [...], "confident": [...]}, each entry {"path", "index", "class", "predicted",
//                     "probability" (of the prediction), "probability_of_class"}, as `predict` gives them
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/classification/evaluation/classifier_outputs.h"

namespace multipole {

// `max_mistakes` bounds each of the two lists.
Json classification_report(const ClassifierOutputs& outputs, const std::vector<std::string>& class_names,
                           int64_t max_mistakes = 12);

}  // namespace multipole
