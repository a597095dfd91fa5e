#include "tasks/comparison/fold_summary.h"

#include <cmath>
#include <limits>

#include "heads/metrics/shares.h"
#include "tasks/comparison/task_scores.h"

namespace multipole {
namespace {

struct Spread {
  double mean = std::numeric_limits<double>::quiet_NaN();
  double deviation = std::numeric_limits<double>::quiet_NaN();
};

Spread spread_of(const std::vector<Json>& reports, const Score& score) {
  std::vector<double> values;
  for (const auto& report : reports) {
    if (const double value = score_of(report, score); std::isfinite(value)) values.push_back(value);
  }
  Spread spread;
  if (values.empty()) return spread;
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  spread.mean = sum / static_cast<double>(values.size());
  if (values.size() < 2) return spread;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return spread;
}

}  // namespace

Json fold_summary(const std::vector<Json>& reports) {
  Json summary = {{"task", reports.at(0)["task"]}, {"folds", reports.size()}, {"runs", Json::array()}};
  for (const auto& report : reports) summary["runs"].push_back(report["run"]);
  for (const auto& score : scores_for(reports).scores) {
    const Spread spread = spread_of(reports, score);
    Json values = Json::array();
    for (const auto& report : reports) values.push_back(number_or_null(score_of(report, score)));
    summary["scores"][score.key] = {
        {"mean", number_or_null(spread.mean)}, {"deviation", number_or_null(spread.deviation)}, {"values", values}};
  }
  return summary;
}

std::string text_fold_summary(const std::vector<Json>& reports) {
  const auto scores = scores_for(reports).scores;
  std::vector<std::vector<std::string>> rows = {{"fold"}};
  std::vector<std::string> means = {"mean"}, deviations = {"deviation"};
  for (const auto& score : scores) {
    const Spread spread = spread_of(reports, score);
    rows[0].push_back(score.head);
    means.push_back(score_text(score, spread.mean));
    deviations.push_back(score_text(score, spread.deviation));
  }
  for (const auto& report : reports) {
    std::vector<std::string> row = {report["run"].get<std::string>()};
    for (const auto& score : scores) row.push_back(score_text(score, score_of(report, score)));
    rows.push_back(std::move(row));
  }
  rows.push_back(std::move(means));
  rows.push_back(std::move(deviations));
  return text_table(rows);
}

}  // namespace multipole
