#include "apps/training/starting_point.h"

#include <algorithm>

#include "apps/training/open_settings.h"
#include "base/error.h"
#include "engine/distributed/process_place.h"

namespace multipole {
namespace {

constexpr double kMeasuringShare = 0.05;   // of the minutes, and within these bounds
constexpr double kForwardShare = 1.0 / 3;  // of a training step: the backward pass costs two forward ones
constexpr double kLeastSeconds = 0.2, kMostSeconds = 5;

// Of the run in the folder of --out or --resume; of its first fold for a cross-validation.
std::optional<Json> earlier_config(const RunSettings& run) {
  if (run.resume == "never") return std::nullopt;
  const std::filesystem::path folder = run.resume == "auto" ? run.out : run.resume;
  for (const auto& path : {folder / "config.json", folder / "fold_1" / "config.json"}) {
    std::error_code code;
    if (!std::filesystem::exists(path, code)) continue;
    try {
      Json config = read_json_file(path);
      if (config.is_object()) return config;
    } catch (const ConfigError&) {
      continue;  // training goes on from its state, which holds the config, too
    }
  }
  return std::nullopt;
}

// Without what the data and the options of folds say anew.
Json chosen_before(Json config) {
  if (config.contains("data")) {
    for (const char* key : {"folds", "fold"}) config["data"].erase(key);
  }
  if (config.contains("model")) config["model"].erase("num_classes");
  return config;
}

std::optional<int64_t> given_number(const Json& settings, const char* key) {
  if (!has_key(settings, "train", key) || !settings["train"][key].is_number_integer()) return std::nullopt;
  return settings["train"][key].get<int64_t>();
}

}  // namespace

TrainContext train_context(const RunSettings& run, const Json& given) {
  TrainContext context{.data = run.data, .given = given, .init = {}, .earlier = earlier_config(run)};
  if (!run.init.empty() && is_model_file(run.init)) context.init = read_model_metadata(run.init);
  context.may_measure = process_place_from_environment().num_processes == 1;
  return context;
}

std::vector<std::string> complete_settings(Json& settings, const TrainedTask& task, const TrainContext& context,
                                           const std::optional<double>& minutes) {
  std::vector<std::string> lines;
  if (minutes && context.earlier) {
    put_below(settings, chosen_before(*context.earlier));
    lines.emplace_back("the recipe was chosen when this run began, and stays; a greater --epochs makes it longer");
  } else if (minutes) {
    lines = task.apply_recipe(settings, context, *minutes);
  } else if (context.init) {
    put_below(settings, settings_of(*context.init));
  }
  for (auto& line : task.fit(settings, context)) lines.push_back(std::move(line));
  return lines;
}

RecipeOptions recipe_options(const TrainedTask& task, const Json& settings, const TrainContext& context, double minutes,
                             double evaluation_work) {
  RecipeOptions options;
  options.init = context.init;
  options.minutes = minutes;
  options.evaluation_share = kForwardShare * evaluation_work;
  options.epochs = given_number(settings, "epochs");
  options.batch_size = given_number(settings, "batch_size");
  if (!context.may_measure) return options;
  options.measure = [&task, &settings, &context, minutes](const Json& chosen) {
    Json all = settings;
    put_below(all, chosen);
    const double seconds = std::clamp(kMeasuringShare * 60 * minutes, kLeastSeconds, kMostSeconds);
    return task.time_steps(all, context.data, {.seconds = seconds});
  };
  return options;
}

}  // namespace multipole
