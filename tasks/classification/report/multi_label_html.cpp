#include "engine/report/page.h"
#include "engine/report/report_parts.h"
#include "tasks/classification/report/html_report.h"

namespace multipole {
namespace {

std::string multi_label_summary_html(const Json& report) {
  const Json& metrics = report["metrics"];
  std::string html = "<ul class=\"tiles\">\n";
  html += tile_html(percent_text(number_at(metrics, "map")), "mAP: average precision, mean over the classes");
  html += tile_html(number_text(number_at(metrics, "macro_f1"), 3), "F1, mean over the classes");
  html += tile_html(number_text(number_at(metrics, "micro_f1"), 3), "F1 of all answers together");
  return html + "</ul>\n" + measured_html(report);
}

std::string score_curves(const Json& curves) {
  return curves_html(curves, "Score",
                     {curve_of(curves, "map", "mAP"), curve_of(curves, "macro_f1", "F1, mean over the classes"),
                      curve_of(curves, "micro_f1", "F1 of all answers")},
                     {curve_of(curves, "train_loss", "loss in training"), curve_of(curves, "loss", "in validation")});
}

std::string multi_label_table(const Json& report) {
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : report["per_class"]) {
    cells.push_back({row["class"].get<std::string>(), row["samples"].dump(), percent_text(number_at(row, "ap")),
                     percent_text(number_at(row, "precision")), percent_text(number_at(row, "recall")),
                     number_text(number_at(row, "f1"), 3)});
  }
  return html_table(
      "Average precision (AP): how far up the pictures that show the class stand when all are ranked by its "
      "probability. Precision, recall and F1 of the answers above a probability of " +
          number_text(number_at(report, "threshold"), 2) + ".",
      {"class", "pictures", "AP", "precision", "recall", "F1"}, cells);
}

}  // namespace

std::string html_multi_label_report(const Json& report) {
  std::string body = multi_label_summary_html(report);
  body += html_section("curves", "How training went", score_curves(report["curves"]));
  body += html_section("classes", "Class by class", multi_label_table(report));
  body += html_section("data", "The data", class_census_html(report["census"]));
  body += html_section("origin", "Where this comes from", origin_html(report));
  return html_page("Training report: " + report["run"].get<std::string>(), body);
}

}  // namespace multipole
