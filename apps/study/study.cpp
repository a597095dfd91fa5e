#include "apps/study/study.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <memory>

#include "apps/arguments/exit_code.h"
#include "apps/arguments/run_settings.h"
#include "apps/arguments/signals.h"
#include "apps/bench/log_chart.h"
#include "apps/output/result_output.h"
#include "apps/output/train_report.h"
#include "base/error.h"
#include "engine/files/atomic_file.h"
#include "engine/study/study_report.h"
#include "tasks/study/study.h"

namespace multipole {
namespace {

struct StudyOptions {
  std::string config, data, out;
  std::vector<std::string> sets, only;
  int threads = 0;
  bool quiet = false;
};

// One figure of a cost, over the pictures' sides.
struct CostChart {
  const char* file;
  const char* title;
  const char* label;
  double (*value)(const StudyCost&);
};

constexpr std::array<const char*, 12> kColors = {"#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b",
                                                 "#e377c2", "#7f7f7f", "#bcbd22", "#17becf", "#000000", "#aec7e8"};

const std::array<CostChart, 2> kCharts = {
    {{"speed.svg", "Inference speed", "images a second", [](const StudyCost& cost) { return cost.images_per_second; }},
     {"memory.svg", "Peak memory", "MB an image",
      [](const StudyCost& cost) { return cost.peak_bytes_per_image.value_or(0) / 1e6; }}}};

void write_charts(const StudyResult& result, const std::filesystem::path& out) {
  const std::string bars = accuracy_svg(result);
  if (!bars.empty()) write_file_atomically(out / "accuracy.svg", bars);
  for (const auto& chart : kCharts) {
    LogChart drawing{
        .title = chart.title, .x_label = "side of the picture, pixels", .y_label = chart.label, .lines = {}};
    bool has_points = false;
    for (size_t i = 0; i < result.rows.size(); ++i) {
      ChartLine line{.label = result.rows[i].name,
                     .color = kColors[i % kColors.size()],
                     .dashed = i >= kColors.size(),
                     .points = {}};
      for (const auto& cost : result.rows[i].costs) {
        if (chart.value(cost) > 0) line.points.emplace_back(static_cast<double>(cost.resolution), chart.value(cost));
      }
      has_points = has_points || !line.points.empty();
      drawing.lines.push_back(line);
    }
    if (has_points) write_file_atomically(out / chart.file, chart_svg(drawing));
  }
}

// Leaves the variants that were asked for, in the config's order.
void keep_only(StudyConfig& config, const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::vector<std::string> known;
  for (const auto& variant : config.variants) known.push_back(variant.name);
  for (const auto& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw ConfigError("--only " + name + ": the config has no such variant" + suggest_name(name, known));
  }
  const auto kept = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  std::erase_if(config.variants, [&](const StudyVariant& variant) { return !kept(variant.name); });
  if (!kept(config.reference)) config.reference.clear();
}

StudyConfig study_config(const StudyOptions& options) {
  Json settings = read_json_file(options.config);
  for (const auto& assignment : options.sets) set_by_path(settings, assignment);
  auto config = config_from_json<StudyConfig>(settings, "");
  keep_only(config, options.only);
  return config;
}

int study(const StudyOptions& options) {
  use_threads(options.threads);
  const StudyConfig config = study_config(options);
  const std::filesystem::path out = options.out;
  std::error_code code;
  std::filesystem::create_directories(out, code);
  if (code) throw ResourceError("cannot make " + out.string() + ": " + code.message());
  const auto mode = options.quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto;
  const auto say = [&](const std::string& text) {
    if (!options.quiet) std::cerr << text << "\n";
  };
  StudyWatcher watcher;
  watcher.on_message = say;
  watcher.on_run = [&](const std::string& name) {
    say(name);
    return std::make_unique<TrainReport>(mode, 0);
  };
  watcher.on_result = [&](const StudyResult& result) {
    write_file_atomically(out / "study.md", study_markdown(result));
    write_file_atomically(out / "study.json", study_json(result).dump(2) + "\n");
    write_charts(result, out);
  };
  const SignalStop stop;
  const StudyResult result = run_study(config, options.data, out, watcher, stop.flag());
  if (!result.complete) {
    std::cerr << "stopped; the same command goes on from here\n";
    return stop.exit_code();
  }
  print_result(study_markdown(result));
  return kExitDone;
}

}  // namespace

void add_study_command(CLI::App& program, Run& run) {
  const auto options = std::make_shared<StudyOptions>();
  CLI::App* command =
      add_command(program, "study", "train variants by one recipe and compare them in one table",
                  "multipole study --config configs/study/mechanisms.json --data DIR --out studies/first");
  command->add_option("--config", options->config, "JSON file: recipe, variants, seeds, what to measure")->required();
  add_set_option(*command, options->sets, "recipe.train.epochs=3");
  command->add_option("--only", options->only, "variants of the config to compare; all by default");
  command->add_option("--data", options->data, "pictures, as for classify train")->required();
  command
      ->add_option("--out", options->out,
                   "folder for the runs, study.md, study.json and the charts; where it holds "
                   "a study of the same config, that goes on")
      ->required();
  add_threads_option(*command, options->threads);
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  command->callback([options, &run] { run = [options] { return study(*options); }; });
}

}  // namespace multipole
