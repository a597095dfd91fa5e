#include <algorithm>

#include "backbone/config/error.h"
#include "engine/report/chart.h"
#include "engine/report/html_report.h"
#include "engine/report/page.h"
#include "engine/report/report_parts.h"

namespace multipole {
namespace {

struct Score {
  const char* head;
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
TaskScores scores_for(const std::vector<Json>& reports) {
  for (const auto& report : reports) {
    if (report["task"] == reports.front()["task"]) continue;
    throw ConfigError(reports.front()["run"].get<std::string>() + " is a " +
                      reports.front()["task"].get<std::string>() + " and " + report["run"].get<std::string>() + " a " +
                      report["task"].get<std::string>() + ": they have no figure in common");
  }
  if (!reports.empty() && reports.front()["task"] == "segmentation") {
    return {"miou",
            "mIoU",
            {{"mIoU", "metrics", "miou", true},
             {"pixels", "metrics", "pixel_accuracy", true},
             {"balanced", "metrics", "mean_accuracy", true},
             {"Dice", "metrics", "mean_dice", true}}};
  }
  return {"top1",
          "Top-1",
          {{"top-1", "metrics", "top1", true},
           {"balanced", "metrics", "balanced_accuracy", true},
           {"macro F1", "metrics", "macro_f1", false},
           {"loss", "metrics", "loss", false},
           {"ECE", "calibration", "ece", true}}};
}

// One row a run below a row of heads.
std::vector<std::vector<std::string>> table_of(const std::vector<Json>& reports) {
  const TaskScores task = scores_for(reports);
  std::vector<std::vector<std::string>> rows = {{"run"}};
  for (const auto& score : task.scores) rows[0].push_back(score.head);
  rows[0].insert(rows[0].end(), {"pictures", "epochs", "minutes"});
  for (const auto& report : reports) {
    std::vector<std::string> row = {report["run"].get<std::string>()};
    for (const auto& score : task.scores) {
      const double value = number_at(report[score.part], score.key);
      row.push_back(score.is_share ? percent_text(value, 2) : number_text(value, 4));
    }
    row.push_back(report["metrics"]["samples"].dump());
    row.push_back(std::to_string(report["curves"].size()));
    row.push_back(number_text(number_at(report, "train_seconds") / 60, 1));
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
  const auto rows = table_of(reports);
  std::vector<size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    text += row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (size_t i = 1; i < row.size(); ++i) text += "  " + std::string(widths[i] - row[i].size(), ' ') + row[i];
    text += "\n";
  }
  const std::string note = caution(reports);
  return note.empty() ? text : text + note + "\n";
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
