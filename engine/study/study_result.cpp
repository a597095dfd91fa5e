#include "engine/study/study_result.h"

#include <cmath>
#include <limits>

namespace multipole {
namespace {

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json cost_json(const StudyCost& cost) {
  return {{"resolution", cost.resolution},
          {"attention_flops", cost.attention_flops},
          {"attention_bytes", cost.attention_bytes},
          {"model_flops", cost.model_flops},
          {"images_per_second", cost.images_per_second},
          {"peak_bytes_per_image", cost.peak_bytes_per_image ? Json(*cost.peak_bytes_per_image) : Json(nullptr)}};
}

}  // namespace

double StudyRow::mean_score() const {
  double sum = 0;
  for (const auto& run : runs) sum += run.score;
  return runs.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(runs.size());
}

double StudyRow::deviation_score() const {
  if (runs.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double mean = mean_score();
  double sum = 0;
  for (const auto& run : runs) sum += (run.score - mean) * (run.score - mean);
  return std::sqrt(sum / static_cast<double>(runs.size() - 1));
}

Json study_json(const StudyResult& result) {
  Json rows = Json::array();
  for (const auto& row : result.rows) {
    Json runs = Json::array(), costs = Json::array();
    for (const auto& run : row.runs) runs.push_back({{"seed", run.seed}, {"score", run.score}, {"epochs", run.epochs}});
    for (const auto& cost : row.costs) costs.push_back(cost_json(cost));
    rows.push_back({{"name", row.name},
                    {"parameters", row.num_parameters},
                    {"score_mean", number_or_null(row.mean_score())},
                    {"score_deviation", number_or_null(row.deviation_score())},
                    {"runs", runs},
                    {"costs", costs},
                    {"attention_error", row.attention_error}});
  }
  return {{"title", result.title}, {"score", result.score_name}, {"complete", result.complete}, {"variants", rows}};
}

}  // namespace multipole
