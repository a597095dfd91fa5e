#include "engine/report/html_report.h"

#include "engine/report/chart.h"
#include "engine/report/page.h"

namespace multipole {
namespace {

std::string tile(const std::string& value, const std::string& label) {
  return "<li class=\"tile\"><strong>" + escape_html(value) + "</strong>" + escape_html(label) + "</li>\n";
}

std::string summary_html(const Json& report) {
  const Json& metrics = report["metrics"];
  std::string html = "<ul class=\"tiles\">\n";
  html += tile(percent_text(number_at(metrics, "top1")), "top-1: the answer is right");
  html += tile(percent_text(number_at(metrics, "balanced_accuracy")), "balanced: mean over the classes");
  html += tile(number_text(number_at(metrics, "macro_f1"), 3), "F1, mean over the classes");
  html += tile(percent_text(number_at(report["calibration"], "ece")), "calibration error (ECE)");
  html += "</ul>\n<p>Measured on " + metrics["samples"].dump() + " pictures of the validation split";
  if (metrics["bad_samples"].get<int64_t>() > 0) html += ", " + metrics["bad_samples"].dump() + " could not be read";
  html += ". The best model of " + std::to_string(report["curves"].size()) + " evaluated epochs, " +
          "kept by its score on this split.</p>\n";
  for (const auto& warning : report["warnings"]) {
    html += "<p><strong>Note:</strong> " + escape_html(warning.get<std::string>()) + "</p>\n";
  }
  return html;
}

ChartSeries series_of(const Json& curves, const char* key, const std::string& name) {
  ChartSeries series{name, {}};
  for (const auto& point : curves) series.points.emplace_back(number_at(point, "epoch"), number_at(point, key));
  return series;
}

std::string curves_html(const Json& curves) {
  LineChart accuracy{"Accuracy on the validation split by epoch",
                     "epoch",
                     {series_of(curves, "top1", "top-1"), series_of(curves, "balanced_accuracy", "balanced")},
                     true};
  LineChart loss{"Loss by epoch",
                 "epoch",
                 {series_of(curves, "train_loss", "loss in training"), series_of(curves, "loss", "in validation")}};
  LineChart rate{"Learning rate by epoch", "epoch", {series_of(curves, "lr", "learning rate")}};
  return "<p>Accuracy on the validation split</p>\n" + line_chart_svg(accuracy) + "<p>Loss</p>\n" +
         line_chart_svg(loss) + "<details><summary>Learning rate</summary>\n" + line_chart_svg(rate) + "</details>\n";
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
  const double temperature = number_at(calibration, "temperature");
  return reliability_svg(calibration["bins"]) + "<p>Expected calibration error " +
         percent_text(number_at(calibration, "ece")) + "; with the temperature " + number_text(temperature, 3) +
         ", fitted on this split and stored in the model, " + percent_text(number_at(calibration, "ece_calibrated")) +
         ". Cross entropy " + number_text(number_at(calibration, "loss"), 4) + ", then " +
         number_text(number_at(calibration, "loss_calibrated"), 4) +
         ". A temperature changes how sure the model says it is, and no answer.</p>\n";
}

std::string mistakes_html(const Json& mistakes, const std::map<std::string, std::string>& thumbnails) {
  if (mistakes.empty()) return "<p>None on this split.</p>\n";
  std::string html = "<div class=\"tiles\">\n";
  for (const auto& mistake : mistakes) {
    const auto path = mistake["path"].get<std::string>();
    const auto truth = mistake["class"].get<std::string>(), answer = mistake["predicted"].get<std::string>();
    html += "<figure>";
    if (const auto found = thumbnails.find(path); found != thumbnails.end()) {
      html += "<img src=\"" + found->second + "\" alt=\"" +
              escape_html("a picture of " + truth + ", taken for " + answer) + "\">";
    }
    html += "<figcaption>" + escape_html(truth) + " taken for <strong>" + escape_html(answer) + "</strong>, " +
            percent_text(number_at(mistake, "probability"), 0) + " sure; " + escape_html(truth) + " " +
            percent_text(number_at(mistake, "probability_of_class"), 0) + "<br><span class=\"note\">" +
            escape_html(path) + "</span></figcaption></figure>\n";
  }
  return html + "</div>\n";
}

std::string census_html(const Json& census) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : census["classes"]) rows.push_back({row["class"].get<std::string>(), row["pictures"].dump()});
  const Json& side = census["short_side"];
  return "<p>" + census["pictures"].dump() + " pictures to train on. Of " + census["measured"].dump() +
         " looked at, the shorter side is " + side["smallest"].dump() + " to " + side["largest"].dump() +
         " pixels, the median " + side["median"].dump() + "; " + percent_text(number_at(census, "gray_share"), 0) +
         " have no colour. The largest class has " + number_text(number_at(census, "imbalance"), 1) +
         " times the pictures of the smallest.</p>\n<details><summary>Pictures of each class</summary>\n" +
         html_table("Pictures to train on", {"class", "pictures"}, rows) + "</details>\n";
}

std::string origin_html(const Json& report) {
  std::string html = "<p>Command</p>\n<pre tabindex=\"0\">" + escape_html(report["command"].get<std::string>()) +
                     "</pre>\n<p>Time in training: " + number_text(number_at(report, "train_seconds") / 60, 1) +
                     " minutes.</p>\n";
  for (const char* part : {"build", "data", "config"}) {
    html += std::string("<details><summary>") + part + "</summary>\n<pre tabindex=\"0\">" +
            escape_html(report[part].dump(2, ' ', false, Json::error_handler_t::replace)) + "</pre></details>\n";
  }
  return html;
}

}  // namespace

std::string html_report(const Json& report, const std::map<std::string, std::string>& thumbnails) {
  std::vector<std::string> names;
  for (const auto& row : report["per_class"]) names.push_back(row["class"].get<std::string>());
  std::string body = summary_html(report);
  body += html_section("curves", "How training went", curves_html(report["curves"]));
  body += html_section("classes", "Class by class", class_table(report["per_class"]));
  body += html_section("confusion", "What is taken for what", confusion_html(report["confusion_matrix"], names));
  body += html_section("calibration", "How far to trust a probability", calibration_html(report["calibration"]));
  body += html_section("confident", "Wrong and sure of it", mistakes_html(report["mistakes"]["confident"], thumbnails));
  body += html_section("worst", "Furthest from the truth", mistakes_html(report["mistakes"]["worst"], thumbnails));
  body += html_section("data", "The data", census_html(report["census"]));
  body += html_section("origin", "Where this comes from", origin_html(report));
  return html_page("Training report: " + report["run"].get<std::string>(), body);
}

}  // namespace multipole
