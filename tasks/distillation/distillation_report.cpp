#include "tasks/distillation/distillation_report.h"

#include <cmath>
#include <string>

#include "engine/files/model_file.h"
#include "engine/report/page.h"
#include "engine/report/report_parts.h"
#include "engine/report/run_report.h"

namespace multipole {
namespace {

// The curve's best point: the stored model's.
Json best_metrics(const Json& curves) {
  Json best = curves.front();
  for (const auto& point : curves) {
    const double score = number_at(point, "explained_variance"), most = number_at(best, "explained_variance");
    if (score > most || (std::isnan(most) && !std::isnan(score))) best = point;
  }
  Json metrics = Json::object();
  for (const char* key : {"samples", "bad_samples", "explained_variance", "cosine"}) metrics[key] = best.at(key);
  return metrics;
}

std::string html_of(const Json& report) {
  const Json& metrics = report["metrics"];
  const Json& curves = report["curves"];
  std::string body = "<ul class=\"tiles\">\n";
  body += tile_html(percent_text(number_at(metrics, "explained_variance")),
                    "of the variance of the teacher's features explained, mean over the dimensions");
  body += tile_html(number_text(number_at(metrics, "cosine"), 3), "cosine to the teacher's features");
  body += "</ul>\n" + measured_html(report);
  body += html_section(
      "curves", "How training went",
      curves_html(curves, "Score",
                  {curve_of(curves, "explained_variance", "explained variance"), curve_of(curves, "cosine", "cosine")},
                  {curve_of(curves, "train_loss", "unexplained in training")}));
  body += html_section("origin", "Where this comes from", origin_html(report));
  return html_page("Distillation report: " + report["run"].get<std::string>(), body);
}

}  // namespace

void report_distillation(const std::filesystem::path& run, const Json& data, const Json& config,
                         TrainObserver& observer) {
  Json report = start_run_report(run, read_model_metadata(run / "best.safetensors"), data, config);
  report["metrics"] = best_metrics(report["curves"]);
  report["warnings"] = Json::array();
  save_run_report(run, report, html_of(report), observer);
}

}  // namespace multipole
