// Which figures of a report tell how good a run is, for each task.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

struct Score {
  const char* head;  // of a table's column
  const char* part;  // of the report
  const char* key;
  bool is_share;
};

struct TaskScores {
  const char* curve;       // key of the main score in a report's curves
  const char* curve_name;  // in words
  std::vector<Score> scores;
};

// Throws ConfigError where the runs are of different tasks.
TaskScores scores_for(const std::vector<Json>& reports);

// NaN where the report has none.
double score_of(const Json& report, const Score& score);

// "87.32%", or four digits.
std::string score_text(const Score& score, double value);

// Rows of cells as aligned columns, the first one to the left.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace multipole
