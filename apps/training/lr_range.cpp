#include "apps/training/lr_range.h"

#include <cmath>
#include <filesystem>
#include <sstream>
#include <string>
#include <system_error>

#include "apps/arguments/exit_code.h"
#include "apps/output/result_output.h"
#include "base/error.h"
#include "engine/files/atomic_file.h"
#include "engine/report/chart.h"
#include "engine/report/page.h"
#include "engine/training/lr_range_test.h"

namespace multipole {
namespace {

// Two digits that count.
std::string rate_text(double rate) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text.precision(2);
  text << rate;
  return text.str();
}

std::string verdict(const LrRange& range) {
  if (std::isnan(range.suggested)) {
    return "the loss fell at no learning rate; the data, the labels or the start are the place to look";
  }
  return "suggested learning rate " + rate_text(range.suggested) + ": the loss falls fastest there, is lowest at " +
         rate_text(range.at_minimum) +
         (range.diverged ? " and grows without bounds after " + rate_text(range.points.back().learning_rate) : "") +
         "\nuse it with --set train.optimizer.lr=" + rate_text(range.suggested);
}

std::string page(const LrRange& range) {
  LineChart chart{"Loss by learning rate", "log10 of the learning rate", {{"smoothed", {}}, {"each step", {}}}};
  for (const auto& point : range.points) {
    const double x = std::log10(point.learning_rate);
    chart.series[0].points.emplace_back(x, point.smoothed);
    chart.series[1].points.emplace_back(x, point.loss);
  }
  return html_page("Learning-rate range test",
                   html_section("loss", "Loss by learning rate",
                                line_chart_svg(chart) + "<p>" + escape_html(verdict(range)) + "</p>\n"));
}

}  // namespace

int find_learning_rate(const Task& task, const Json& settings, const RunSettings& run, TrainObserver& observer,
                       const SignalStop& stop) {
  const std::filesystem::path out = run.out;
  if (std::filesystem::exists(out / "config.json")) {
    throw ConfigError(run.out + " holds a run; --lr-range-test needs another --out");
  }
  const auto range = run_lr_range_test(task.open(settings, run.data)->run(), resume_options(run), LrRangeOptions{},
                                       observer, stop.flag());
  if (stop.requested()) return stop.exit_code();
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) throw ResourceError("cannot create " + run.out + ": " + error.message());
  write_file_atomically(out / "lr_range_test.json", lr_range_json(range).dump(2) + "\n");
  write_file_atomically(out / "lr_range_test.html", page(range));
  print_result(verdict(range) + "\n");
  return kExitDone;
}

}  // namespace multipole
