// The figures of reports that tell how good runs are, in tables.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/interface/task_scores.h"

namespace multipole {

// Throws ConfigError where the runs are of different tasks, or of one that is not registered.
TaskScores scores_for(const std::vector<Json>& reports);

// NaN where the report has none.
double score_of(const Json& report, const Score& score);

// "87.32%", or four digits.
std::string score_text(const Score& score, double value);

// Rows of cells as aligned columns, the first one to the left.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace multipole
