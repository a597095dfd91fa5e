#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "apps/arguments/exit_code.h"
#include "apps/arguments/run_settings.h"
#include "apps/arguments/signals.h"
#include "apps/attention/attention.h"
#include "apps/output/result_output.h"
#include "apps/output/train_report.h"
#include "apps/training/starting_point.h"
#include "base/error.h"
#include "datasets/sources/unlabelled_pictures.h"
#include "engine/distributed/process_place.h"
#include "engine/report/page.h"
#include "engine/report/run_report.h"
#include "tasks/adaptation/adaptation_training.h"

namespace multipole {
namespace {

struct AdaptOptions {
  RunSettings run;
  std::string model, attention;
  std::optional<int64_t> size;
  std::optional<double> minutes;
};

Json adapt_settings(const AdaptOptions& options) {
  Json settings = merged_settings(options.run, {{}, [](const std::string&) { return std::string_view(); }});
  Json own = {{"model", options.model}};
  if (options.size) own["size"] = *options.size;
  const std::string& attention = options.attention;
  if (!attention.empty()) {
    own["attention"] = attention.find_first_of("{[\"") == 0 ? parse_json(attention, "--attention") : Json(attention);
  }
  if (own.contains("attention")) settings.erase("attention");  // a choice is taken whole
  merge_json(settings, own);
  return settings;
}

// Sets the steps that fill the minutes; what an earlier start of the run chose stays.
std::string plan_minutes(Json& settings, const AdaptOptions& options) {
  if (process_place_from_environment().num_processes > 1) {
    throw ConfigError("--minutes measures one process; give the length with --epochs");
  }
  const auto earlier = train_context(options.run, settings).earlier;
  if (earlier && earlier->contains("steps")) {
    settings["steps"] = earlier->at("steps");
    return "the steps were chosen when this run began, and stay";
  }
  const auto plan =
      plan_adaptation(config_from_json<AdaptationConfig>(settings, ""), options.run.data, options.minutes.value());
  settings["steps"] = plan.steps;
  return plan.reason;
}

std::string result_lines(const std::filesystem::path& run, const std::filesystem::path& model) {
  const Json report = read_run_report(run);
  std::string text;
  for (const auto& [key, name] : {std::pair{"patch_cosine", "patch cosine"},
                                  {"embedding_cosine", "embedding cosine"},
                                  {"block_error", "block error"}}) {
    text += std::string(text.empty() ? "" : ", ") + name + " " + number_text(number_at(report["before"], key), 4) +
            " -> " + number_text(number_at(report["metrics"], key), 4);
  }
  text += " on " + report["metrics"]["samples"].dump() + " held-out pictures: " + model.string() + "\n";
  for (const auto& warning : report["warnings"]) text += "warning: " + warning.get<std::string>() + "\n";
  return text;
}

int adapt(const AdaptOptions& options) {
  const RunSettings& run = options.run;
  use_threads(run.threads);
  Json settings = adapt_settings(options);
  TrainReport report(run.quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto, run.log_every.value_or(0));
  if (options.minutes) report.on_message(plan_minutes(settings, options));
  const SignalStop stop;
  const auto training = open_adaptation(config_from_json<AdaptationConfig>(settings, ""), run.data);
  const TrainResult result = train_opened(*training, run.out, report, resume_options(run), stop.flag());
  const bool speaks = process_place_from_environment().is_first();
  if (result.stop_reason == StopReason::kStopToken) {
    if (speaks) std::cerr << "stopped after step " << result.num_steps << "; the same command goes on from here\n";
    return stop.exit_code();
  }
  if (speaks && !result.best_model.empty()) print_result(result_lines(run.out, result.best_model));
  return kExitDone;
}

}  // namespace

void add_adapt_command(CLI::App& program, Run& run) {
  const auto options = std::make_shared<AdaptOptions>();
  CLI::App* command = add_command(
      program, "adapt", "teach a swapped attention to give full attention's outputs, on pictures without labels",
      "multipole adapt dinov2.safetensors photos/ --size 1036 --out runs/adapted --minutes 20\n"
      "  multipole adapt vit.safetensors photos/ --size 1024 --out runs/adapted --epochs 3 "
      "--attention '{\"type\": \"multipole2d\", \"summaries\": \"basis\"}'");
  command->add_option("MODEL", options->model, "model file whose backbone is a vit: imported, or trained from one")
      ->required();
  command->add_option("PICTURES", options->run.data, kUnlabelledPicturesForms)->required();
  command->add_option("--size", options->size,
                      "side in pixels of what the models see; twice the model's own if not given");
  command
      ->add_option("--attention", options->attention,
                   "what takes the place of the model's own attention: a type, or JSON with its fields; multipole2d if "
                   "not given, with learned gates of what is far")
      ->option_text("TYPE|JSON");
  CLI::Option* minutes =
      command
          ->add_option("--minutes", options->minutes,
                       "how long to learn: a few steps are timed on this machine, and as many made as fill the time")
          ->check(CLI::PositiveNumber);
  add_run_options(*command, options->run, {{}, {}});
  command->get_option("--epochs")->excludes(minutes);
  command->callback([options, &run] { run = [options] { return adapt(*options); }; });
}

}  // namespace multipole
