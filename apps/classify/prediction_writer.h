// The lines of `classify predict` in its three formats:
//
//   text  photo.jpg: cat 91.2%, dog 5.0%            photo.jpg: error: reason
//   json  {"path", "predictions": [{"class", "index", "probability"}]}, {"path", "error"}: one object a line; "notes"
//         where decoding left something out or guessed
//   csv   path,rank,class,index,probability,error: one row a prediction
//
// A picture of none of the classes is "photo.jpg: (none)", an empty list, and a row with its path alone. A picture
// whose answers are not taken (--min-probability) is
//
//   text  photo.jpg: unknown (cat 41.2%, dog 33.0%)
//   json  {"path", "predictions": [], "rejected": [{"class", "index", "probability"}]}
//   csv   photo.jpg,,unknown,,0.412000,: no rank, no index, the probability of the most probable class
#pragma once

#include <string>
#include <vector>

#include "tasks/classification/prediction/class_prediction.h"

namespace multipole {

enum class PredictionFormat { kText, kJson, kCsv };

// "text", "json" or "csv"; throws ConfigError for anything else.
PredictionFormat prediction_format(const std::string& name);

// What stands before the first input's lines.
std::string prediction_header(PredictionFormat format);

// An input's line or lines. Paths keep their bytes in text and CSV; in JSON those that are no UTF-8 are escaped
// (base/json_text.h).
std::string format_predictions(PredictionFormat format, const std::string& path,
                               const std::vector<ClassPrediction>& predictions,
                               const std::vector<std::string>& notes = {});
std::string format_rejection(PredictionFormat format, const std::string& path,
                             const std::vector<ClassPrediction>& predictions,
                             const std::vector<std::string>& notes = {});
std::string format_failure(PredictionFormat format, const std::string& path, const std::string& reason);

}  // namespace multipole
