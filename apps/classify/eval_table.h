// The results of `classify eval` for people.
#pragma once

#include <string>

#include "base/json.h"

namespace multipole {

// Top-1, top-5 and each class's accuracy, of ClassificationMetrics::to_json().
std::string accuracy_table(const Json& result);

// mAP, F1 and each class's average precision, precision, recall and F1, of MultiLabelMetrics::to_json().
std::string average_precision_table(const Json& result);

}  // namespace multipole
