// What a study found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

struct StudyRun {
  int64_t seed = 0;
  double score = 0;    // share in [0, 1] on the validation split, of the best epoch
  int64_t epochs = 0;  // finished
};

// A variant at one picture size.
struct StudyCost {
  int64_t resolution = 0;
  double attention_flops = 0, model_flops = 0;  // one picture, forward; model_cost.h says what counts
  double attention_bytes = 0;
  double images_per_second = 0;                // forward without gradients
  std::optional<double> peak_bytes_per_image;  // the growth of the process's memory during the forward pass
};

struct StudyRow {
  std::string name = {};
  int64_t num_parameters = 0;
  std::vector<StudyRun> runs = {};
  std::vector<StudyCost> costs = {};
  // Relative error of the attention's output against full attention's, a stage each; empty where it was not measured
  // or the mechanism has layers that full attention's weights cannot fill.
  std::vector<double> attention_error = {};

  // NaN where there are no runs; the deviation is the sample's, NaN below two runs.
  double mean_score() const;
  double deviation_score() const;
};

struct StudyResult {
  std::string title = {};
  std::string score_name = "Top-1";
  std::vector<StudyRow> rows = {};
  bool complete = true;  // false where it was stopped
};

Json study_json(const StudyResult& result);

}  // namespace multipole
