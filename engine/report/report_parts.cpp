#include "engine/report/report_parts.h"

#include <cmath>

#include "base/json_text.h"
#include "engine/report/flops_text.h"
#include "engine/report/page.h"

namespace multipole {

std::string tile_html(const std::string& value, const std::string& label) {
  return "<li class=\"tile\"><strong>" + escape_html(value) + "</strong>" + escape_html(label) + "</li>\n";
}

std::string measured_html(const Json& report) {
  const Json& metrics = report["metrics"];
  std::string html = "<p>Measured on " + metrics["samples"].dump() + " pictures of the validation split";
  if (metrics["bad_samples"].get<int64_t>() > 0) html += ", " + metrics["bad_samples"].dump() + " could not be read";
  html += ". The best model of " + std::to_string(report["curves"].size()) + " evaluated epochs, " +
          "kept by its score on this split.</p>\n";
  for (const auto& warning : report["warnings"]) {
    html += "<p><strong>Note:</strong> " + escape_html(warning.get<std::string>()) + "</p>\n";
  }
  return html;
}

ChartSeries curve_of(const Json& curves, const char* key, const std::string& name) {
  ChartSeries series{name, {}};
  for (const auto& point : curves) series.points.emplace_back(number_at(point, "epoch"), number_at(point, key));
  return series;
}

std::string curves_html(const Json& curves, const std::string& score_name, const std::vector<ChartSeries>& scores,
                        const std::vector<ChartSeries>& losses) {
  const std::string heading = score_name + " on the validation split";
  const LineChart score{heading + " by epoch", "epoch", scores, true};
  const LineChart loss{"Loss by epoch", "epoch", losses};
  const LineChart rate{"Learning rate by epoch", "epoch", {curve_of(curves, "lr", "learning rate")}};
  return "<div class=\"charts\">\n" + chart_figure(heading, line_chart_svg(score)) +
         chart_figure("Loss", line_chart_svg(loss)) + "</div>\n<details><summary>Learning rate</summary>\n" +
         chart_figure("Learning rate", line_chart_svg(rate)) + "</details>\n";
}

std::string origin_html(const Json& report) {
  const double flops = number_at(report, "train_flops");
  std::string html = "<p>Command</p>\n<pre tabindex=\"0\">" + escape_html(report["command"].get<std::string>()) +
                     "</pre>\n<p>Time in training: " + number_text(number_at(report, "train_seconds") / 60, 1) +
                     " minutes" + (std::isfinite(flops) ? ", " + flops_text(flops) + " in the backbone" : "") +
                     ".</p>\n";
  for (const char* part : {"build", "data", "config"}) {
    html += std::string("<details><summary>") + part + "</summary>\n<pre tabindex=\"0\">" +
            escape_html(json_text(report[part], 2)) + "</pre></details>\n";
  }
  return html;
}

std::string class_census_html(const Json& census) {
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

std::string common_folder(const Json& pictures) {
  if (pictures.empty()) return "";
  const auto first = pictures[0]["path"].get<std::string>();
  size_t same = first.size();
  for (const auto& picture : pictures) {
    const auto path = picture["path"].get<std::string>();
    size_t i = 0;
    while (i < same && i < path.size() && path[i] == first[i]) ++i;
    same = i;
  }
  return first.substr(0, first.substr(0, same).rfind('/') + 1);  // + 1 is 0 where there is none
}

std::string folder_html(const std::string& folder) {
  return folder.empty() ? "" : "<p class=\"note\">Pictures in " + html_path(folder) + "</p>\n";
}

std::vector<std::string> class_names_of(const Json& report) {
  std::vector<std::string> names;
  for (const auto& row : report["per_class"]) names.push_back(row["class"].get<std::string>());
  return names;
}

}  // namespace multipole
