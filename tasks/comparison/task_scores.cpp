#include "tasks/comparison/task_scores.h"

#include <algorithm>

#include "base/error.h"
#include "engine/report/page.h"
#include "tasks/registry.h"

namespace multipole {

TaskScores scores_for(const std::vector<Json>& reports) {
  for (const auto& report : reports) {
    if (report["task"] == reports.front()["task"]) continue;
    throw ConfigError(reports.front()["run"].get<std::string>() + " is a " +
                      reports.front()["task"].get<std::string>() + " and " + report["run"].get<std::string>() + " a " +
                      report["task"].get<std::string>() + ": they have no figure in common");
  }
  const auto name = reports.at(0)["task"].get<std::string>();
  for (const auto& [registered, task] : task_registry().entries()) {
    for (auto& scores : task->scores()) {
      if (scores.task == name) return scores;
    }
  }
  throw ConfigError(reports.front()["run"].get<std::string>() + " is a " + name + ", and no task of this program");
}

double score_of(const Json& report, const Score& score) { return number_at(report[score.part], score.key); }

std::string score_text(const Score& score, double value) {
  return score.is_share ? percent_text(value, 2) : number_text(value, 4);
}

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    text += row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (size_t i = 1; i < row.size(); ++i) text += "  " + std::string(widths[i] - row[i].size(), ' ') + row[i];
    text += "\n";
  }
  return text;
}

}  // namespace multipole
