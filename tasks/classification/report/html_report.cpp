#include "tasks/classification/report/html_report.h"

#include <algorithm>

#include "engine/report/chart.h"
#include "engine/report/page.h"
#include "engine/report/report_parts.h"

namespace multipole {
namespace {

std::string summary_html(const Json& report) {
  const Json& metrics = report["metrics"];
  std::string html = "<ul class=\"tiles\">\n";
  html += tile_html(percent_text(number_at(metrics, "top1")), "top-1: the answer is right");
  html += tile_html(percent_text(number_at(metrics, "balanced_accuracy")), "balanced: mean over the classes");
  html += tile_html(number_text(number_at(metrics, "macro_f1"), 3), "F1, mean over the classes");
  html +=
      tile_html(percent_text(number_at(report["calibration"], "ece")), "calibration error (ECE) of the stored model");
  return html + "</ul>\n" + measured_html(report);
}

std::string accuracy_curves(const Json& curves) {
  return curves_html(curves, "Accuracy",
                     {curve_of(curves, "top1", "top-1"), curve_of(curves, "balanced_accuracy", "balanced")},
                     {curve_of(curves, "train_loss", "loss in training"), curve_of(curves, "loss", "in validation")});
}

std::string class_table(const Json& rows) {
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows) {
    cells.push_back({row["class"].get<std::string>(), row["samples"].dump(), percent_text(number_at(row, "precision")),
                     percent_text(number_at(row, "recall")), number_text(number_at(row, "f1"), 3)});
  }
  return html_table("Precision: how many of the answers are right. Recall: how many of the class's pictures are found.",
                    {"class", "pictures", "precision", "recall", "F1"}, cells);
}

std::string calibration_html(const Json& calibration) {
  return "<div class=\"charts\">\n" +
         chart_figure("Right answers by probability", reliability_svg(calibration["bins"])) +
         "<div><p>The expected calibration error of the stored model is " +
         percent_text(number_at(calibration, "ece")) + ", its cross entropy " +
         number_text(number_at(calibration, "loss"), 4) +
         ". Its probabilities, here and in <code>predict</code>, are those of its logits over a temperature of " +
         number_text(number_at(calibration, "temperature"), 3) +
         ".</p>\n<p>Uncalibrated, at a temperature of 1, they would be " +
         percent_text(number_at(calibration, "ece_uncalibrated")) + " and " +
         number_text(number_at(calibration, "loss_uncalibrated"), 4) +
         ". A temperature changes how sure the model says it is, and no answer. It was fitted on this split: on other "
         "pictures the error may be larger.</p></div>\n</div>\n";
}

std::string mistake_html(const Json& mistake, const std::map<std::string, std::string>& thumbnails,
                         const std::string& folder) {
  const auto path = mistake["path"].get<std::string>();
  const auto truth = mistake["class"].get<std::string>(), answer = mistake["predicted"].get<std::string>();
  std::string html = "<figure>";
  if (const auto found = thumbnails.find(path); found != thumbnails.end()) {
    html += "<img src=\"" + found->second + "\" alt=\"" +
            escape_html("a picture of " + truth + ", taken for " + answer) + "\">";
  }
  return html + "<figcaption>" + escape_html(truth) + " taken for <strong>" + escape_html(answer) + "</strong>, " +
         percent_text(number_at(mistake, "probability"), 0) + " sure; " + escape_html(truth) + " " +
         percent_text(number_at(mistake, "probability_of_class"), 0) + "<br><span class=\"note\">" +
         html_path(path.substr(folder.size())) + "</span></figcaption></figure>\n";
}

// The two lists overlap: each picture once.
std::string mistakes_html(const Json& mistakes, const std::map<std::string, std::string>& thumbnails) {
  Json shown = mistakes["confident"];
  for (const auto& mistake : mistakes["worst"]) {
    if (std::find(shown.begin(), shown.end(), mistake) == shown.end()) shown.push_back(mistake);
  }
  if (shown.empty()) return "<p>None on this split.</p>\n";
  const std::string folder = common_folder(shown);
  std::string html =
      "<p>First the wrong answers that the model is surest of, then those that leave the least for the "
      "picture's class.</p>\n" +
      folder_html(folder) + "<div class=\"pictures\">\n";
  for (const auto& mistake : shown) html += mistake_html(mistake, thumbnails, folder);
  return html + "</div>\n";
}

}  // namespace

std::string html_report(const Json& report, const std::map<std::string, std::string>& thumbnails) {
  std::string body = summary_html(report);
  body += html_section("curves", "How training went", accuracy_curves(report["curves"]));
  body += html_section("classes", "Class by class", class_table(report["per_class"]));
  body += html_section("confusion", "What is taken for what",
                       confusion_html(report["confusion_matrix"], class_names_of(report), "pictures"));
  body += html_section("calibration", "How far to trust a probability", calibration_html(report["calibration"]));
  body += html_section("mistakes", "The worst mistakes", mistakes_html(report["mistakes"], thumbnails));
  body += html_section("data", "The data", class_census_html(report["census"]));
  body += html_section("origin", "Where this comes from", origin_html(report));
  return html_page("Training report: " + report["run"].get<std::string>(), body);
}

}  // namespace multipole
