#include "apps/training/starting_point.h"

#include "apps/arguments/attention_option.h"
#include "base/error.h"
#include "engine/distributed/process_place.h"
#include "engine/weights/attention_swap.h"
#include "tasks/interface/open_settings.h"
#include "tasks/recipes/recipe.h"

namespace multipole {
namespace {

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
  if (!config.contains("probe")) return config;
  // a probe's config holds every value of a training, most of which it refuses as settings
  Json probe = {{"probe", config["probe"]}, {"model", config["model"]}, {"preprocessing", config["preprocessing"]}};
  probe["model"].erase("head");
  return probe;
}

}  // namespace

TrainContext train_context(const RunSettings& run, const Json& given) {
  TrainContext context{.data = run.data, .given = given, .init = {}, .earlier = earlier_config(run)};
  if (!run.init.empty() && is_model_file(run.init)) context.init = read_model_metadata(run.init);
  if (!run.attention.empty()) {
    if (!context.init) {
      throw ConfigError(std::string(kAttentionOption) +
                        " swaps the attention of the model file that training starts from: give one with --init. The "
                        "attention of a new model is a setting: --set model.backbone.attention.type=...");
    }
    context.init->architecture = swap_attention(context.init->architecture, run.attention, kAttentionOption);
  }
  context.may_measure = process_place_from_environment().num_processes == 1;
  return context;
}

std::vector<std::string> complete_settings(Json& settings, const Task& task, const TrainContext& context,
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

}  // namespace multipole
