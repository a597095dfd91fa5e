#include <algorithm>

#include "engine/report/chart.h"
#include "engine/report/html_report.h"
#include "engine/report/page.h"

namespace multipole {
namespace {

const std::vector<std::string>& head() {
  static const std::vector<std::string> cells = {"run", "top-1",    "balanced", "macro F1", "loss",
                                                 "ECE", "pictures", "epochs",   "minutes"};
  return cells;
}

std::vector<std::vector<std::string>> rows_of(const std::vector<Json>& reports) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& report : reports) {
    const Json& metrics = report["metrics"];
    rows.push_back({report["run"].get<std::string>(), percent_text(number_at(metrics, "top1"), 2),
                    percent_text(number_at(metrics, "balanced_accuracy"), 2),
                    number_text(number_at(metrics, "macro_f1"), 4), number_text(number_at(metrics, "loss"), 4),
                    percent_text(number_at(report["calibration"], "ece"), 2), metrics["samples"].dump(),
                    std::to_string(report["curves"].size()), number_text(number_at(report, "train_seconds") / 60, 1)});
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
  auto rows = rows_of(reports);
  rows.insert(rows.begin(), head());
  std::vector<size_t> widths(head().size(), 0);
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
  LineChart chart{"Top-1 on the validation split by epoch", "epoch", {}, true};
  for (const auto& report : reports) {
    ChartSeries series{report["run"].get<std::string>(), {}};
    for (const auto& point : report["curves"]) {
      series.points.emplace_back(number_at(point, "epoch"), number_at(point, "top1"));
    }
    chart.series.push_back(std::move(series));
  }
  std::string body = html_section("numbers", "Numbers", html_table("One row a run", head(), rows_of(reports)));
  if (const auto note = caution(reports); !note.empty()) body += "<p><strong>" + escape_html(note) + "</strong></p>\n";
  body += html_section("curves", "Top-1 on the validation split", line_chart_svg(chart));
  return html_page("Comparison of " + std::to_string(reports.size()) + " runs", body);
}

}  // namespace multipole
