#include "tasks/comparison/comparison.h"

#include "engine/report/chart.h"
#include "engine/report/flops_text.h"
#include "engine/report/page.h"
#include "engine/report/report_parts.h"
#include "tasks/comparison/task_scores.h"

namespace multipole {
namespace {

// One row a run below a row of heads.
std::vector<std::vector<std::string>> table_of(const std::vector<Json>& reports) {
  const TaskScores task = scores_for(reports);
  std::vector<std::vector<std::string>> rows = {{"run"}};
  for (const auto& score : task.scores) rows[0].push_back(score.head);
  rows[0].insert(rows[0].end(), {"pictures", "epochs", "minutes", "cost"});
  for (const auto& report : reports) {
    std::vector<std::string> row = {report["run"].get<std::string>()};
    for (const auto& score : task.scores) row.push_back(score_text(score, score_of(report, score)));
    row.push_back(report["metrics"]["samples"].dump());
    row.push_back(std::to_string(report["curves"].size()));
    row.push_back(number_text(number_at(report, "train_seconds") / 60, 1));
    row.push_back(flops_text(number_at(report, "train_flops")));
    rows.push_back(std::move(row));
  }
  return rows;
}

// Whether the numbers may be put side by side at all.
std::string caution(const std::vector<Json>& reports) {
  for (const auto& report : reports) {
    if (report["data"]["validation"] != reports.front()["data"]["validation"]) {
      return "These runs were measured on different validation splits: their numbers do not compare.";
    }
  }
  return "";
}

}  // namespace

std::string text_comparison(const std::vector<Json>& reports) {
  const std::string note = caution(reports);
  return text_table(table_of(reports)) + (note.empty() ? "" : note + "\n");
}

std::string html_comparison(const std::vector<Json>& reports) {
  const TaskScores task = scores_for(reports);
  const std::string heading = std::string(task.curve_name) + " on the validation split";
  LineChart chart{heading + " by epoch", "epoch", {}, true};
  for (const auto& report : reports) {
    chart.series.push_back(curve_of(report["curves"], task.curve, report["run"].get<std::string>()));
  }
  auto rows = table_of(reports);
  const auto heads = rows[0];
  rows.erase(rows.begin());
  std::string body = html_section("numbers", "Numbers", html_table("One row a run", heads, rows));
  if (const auto note = caution(reports); !note.empty()) body += "<p><strong>" + escape_html(note) + "</strong></p>\n";
  body += html_section("curves", heading, line_chart_svg(chart));
  return html_page("Comparison of " + std::to_string(reports.size()) + " runs", body);
}

}  // namespace multipole
