#include "apps/arguments/run_settings.h"

#include <filesystem>

#include "apps/arguments/attention_option.h"
#include "apps/arguments/decode_options.h"
#include "base/error.h"

namespace multipole {
namespace {

Json read_config_or_recipe(const std::string& name, const RecipeBook& recipes) {
  if (name.empty()) return Json::object();
  const std::string_view recipe = recipes.text(name);
  if (!recipe.empty()) return parse_json(recipe, "recipe " + name);
  std::error_code code;
  if (!std::filesystem::exists(name, code) && name.find('/') == name.npos) {
    throw ConfigError("--config " + name + ": no such file, and no recipe of that name" +
                      suggest_name(name, recipes.names));
  }
  return read_json_file(name);
}

}  // namespace

void add_set_option(CLI::App& command, std::vector<std::string>& sets, const std::string& example) {
  command.add_option("--set", sets, "one value of the config, such as " + example + "; repeatable")
      ->option_text("a.b=v")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_run_options(CLI::App& command, RunSettings& settings, const RecipeBook& recipes) {
  std::string names;
  for (const auto& name : recipes.names) names += (names.empty() ? "" : ", ") + name;
  command.add_option("--out", settings.out, "run folder: config, metrics, best model, state to resume")->required();
  command.add_option("--config", settings.config, names.empty() ? "JSON file" : "JSON file, or a recipe: " + names);
  add_set_option(command, settings.sets, "train.batch_size=64");
  command
      .add_option("--resume", settings.resume,
                  "auto (go on where the run folder holds a run), never, or another run folder to go on from")
      ->option_text("auto|never|PATH");
  command.add_flag("--force", settings.force, "resume although the config or the data changed");
  command.add_option("--epochs", settings.epochs, "passes over the training split");
  command.add_option("--seed", settings.seed, "of weights, order and augmentation");
  command.add_option("--log-every", settings.log_every, "steps between lines on standard error and in metrics.jsonl");
  add_max_pixels_option(command, settings.max_pixels);
  add_bands_option(command, settings.bands,
                   "those to train on, in this order; what they hold is measured and kept in the model file");
  command.add_option("--device", settings.device, "auto (CUDA where there is one), cpu or cuda");
  add_threads_option(command, settings.threads);
  command.add_flag("--quiet", settings.quiet, "no progress on standard error");
}

void add_start_options(CLI::App& command, RunSettings& settings) {
  command.add_option("--init", settings.init,
                     "safetensors file whose weights training starts from: a model of any task");
  command.add_option("--init-map", settings.init_map,
                     "JSON file with new names for the weights of --init: {\"encoder.*.w\": \"backbone.*.weight\"}");
  add_attention_option(command, settings.attention);
}

Json merged_settings(const RunSettings& settings, const RecipeBook& recipes) {
  Json json = read_config_or_recipe(settings.config, recipes);
  if (!json.is_object()) throw ConfigError("--config " + settings.config + ": expected a JSON object");
  for (const auto& assignment : settings.sets) set_by_path(json, assignment);
  Json options = Json::object();
  if (settings.epochs) options["train"]["epochs"] = *settings.epochs;
  if (settings.seed) options["train"]["seed"] = *settings.seed;
  if (settings.log_every) options["train"]["log_every"] = *settings.log_every;
  if (!settings.bands.empty()) options["data"]["bands"] = settings.bands;
  if (settings.max_pixels) options["data"]["max_pixels"] = *settings.max_pixels;
  if (settings.device) options["train"]["device"] = *settings.device;
  merge_json(json, options);
  return json;
}

ResumeOptions resume_options(const RunSettings& settings) {
  ResumeOptions resume;
  resume.force = settings.force;
  if (!settings.init.empty()) resume.init_weights = settings.init;
  if (!settings.init_map.empty()) resume.init_key_map = settings.init_map;
  if (settings.resume == "never") {
    resume.mode = ResumeMode::kNever;
  } else if (settings.resume != "auto") {
    resume.mode = ResumeMode::kPath;
    resume.path = settings.resume;
  }
  return resume;
}

}  // namespace multipole
