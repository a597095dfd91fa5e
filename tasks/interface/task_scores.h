// Which figures of a report tell how good a run is.
#pragma once

#include <string>
#include <vector>

namespace multipole {

struct Score {
  const char* head;  // of a table's column
  const char* part;  // of the report
  const char* key;
  bool is_share;
};

struct TaskScores {
  std::string task;        // that reports and model files name: "segmentation"
  const char* curve;       // key of the main score in a report's curves
  const char* curve_name;  // in words
  std::vector<Score> scores;
};

}  // namespace multipole
