#include "tasks/adaptation/adaptation_report.h"

#include <cmath>
#include <string>
#include <vector>

#include "engine/files/model_file.h"
#include "engine/report/page.h"
#include "engine/report/report_parts.h"
#include "engine/report/run_report.h"

namespace multipole {
namespace {

constexpr const char* kBefore = "before_";

struct Figure {
  const char* key;
  const char* name;
};
constexpr Figure kFigures[] = {{"block_error", "relative error of the blocks' attention"},
                               {"patch_cosine", "cosine of the patch features"},
                               {"embedding_cosine", "cosine of the embedding"},
                               {"agreement", "share of the same answers"}};

// The curve's best point: the stored model's.
const Json& best_point(const Json& curves) {
  const Json* best = &curves.front();
  for (const auto& point : curves) {
    const double score = number_at(point, "patch_cosine"), most = number_at(*best, "patch_cosine");
    if (score > most || (std::isnan(most) && !std::isnan(score))) best = &point;
  }
  return *best;
}

void add_figures(const Json& point, Json& report) {
  Json metrics = {{"samples", point.at("samples")}, {"bad_samples", point.at("bad_samples")}};
  Json before = Json::object();
  for (const auto& figure : kFigures) {
    if (!point.contains(figure.key)) continue;
    metrics[figure.key] = point.at(figure.key);
    before[figure.key] = point.at(std::string(kBefore) + figure.key);
  }
  // NaN is no improvement, and a number is one over it
  const double after = number_at(metrics, "patch_cosine"), first = number_at(before, "patch_cosine");
  report["improved"] = after > first || (std::isnan(first) && !std::isnan(after));
  report["metrics"] = metrics;
  report["before"] = before;
}

std::string html_of(const Json& report) {
  const Json &metrics = report["metrics"], &before = report["before"], &curves = report["curves"];
  std::string body = "<ul class=\"tiles\">\n";
  body += tile_html(number_text(number_at(metrics, "patch_cosine"), 4),
                    "cosine of the patch features to full attention's, " +
                        number_text(number_at(before, "patch_cosine"), 4) + " before");
  body += tile_html(number_text(number_at(metrics, "embedding_cosine"), 4),
                    "cosine of the embedding, " + number_text(number_at(before, "embedding_cosine"), 4) + " before");
  body += "</ul>\n" + measured_html(report);
  std::vector<std::vector<std::string>> rows;
  for (const auto& figure : kFigures) {
    if (!metrics.contains(figure.key)) continue;
    rows.push_back(
        {figure.name, number_text(number_at(before, figure.key), 4), number_text(number_at(metrics, figure.key), 4)});
  }
  body += html_section(
      "figures", "Before and after",
      html_table("Against full attention, on held-out pictures of " + report["config"]["size"].dump() + " pixels",
                 {"", "before", "after"}, rows));
  body += html_section(
      "curves", "How it went",
      curves_html(curves, "Score",
                  {curve_of(curves, "patch_cosine", "patch cosine"), curve_of(curves, "embedding_cosine", "embedding")},
                  {curve_of(curves, "train_loss", "loss in training")}));
  body += html_section("origin", "Where this comes from", origin_html(report));
  return html_page("Adaptation report: " + report["run"].get<std::string>(), body);
}

}  // namespace

void report_adaptation(const std::filesystem::path& run, const Json& data, const Json& config,
                       TrainObserver& observer) {
  Json report = start_run_report(run, read_model_metadata(run / "best.safetensors"), data, config);
  add_figures(best_point(report["curves"]), report);
  report["warnings"] = Json::array();
  if (!report["improved"].get<bool>()) {
    report["warnings"].push_back("no epoch came nearer to full attention than the swap was before the first step");
  }
  save_run_report(run, report, html_of(report), observer);
}

}  // namespace multipole
