// From what the user gave to a training's configuration, for every task.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/arguments/command.h"
#include "base/json.h"
#include "engine/training/resume.h"
#include "tasks/interface/recipe_book.h"

namespace multipole {

struct RunSettings {
  std::string data, out;
  std::string config;             // path, or the name of a recipe; empty for the defaults
  std::vector<std::string> sets;  // "a.b=value", applied in order
  std::vector<int64_t> bands;     // of rasters; empty: as the config has it
  std::optional<int64_t> epochs, seed, log_every, max_pixels;
  std::optional<std::string> device;
  std::string init, init_map, attention;
  std::string resume = "auto";
  int threads = 0;
  bool force = false;
  bool quiet = false;
};

// The options of every training, but --data, whose help is the task's.
void add_run_options(CLI::App& command, RunSettings& settings, const RecipeBook& recipes);

// --init, --init-map and --attention: the weights that a training starts from.
void add_start_options(CLI::App& command, RunSettings& settings);

// --set a.b=value, any number of times, in order into `sets` for set_by_path.
void add_set_option(CLI::App& command, std::vector<std::string>& sets, const std::string& example);

// The config as JSON: the file or recipe, then every --set, then the options of their own. Throws ConfigError.
Json merged_settings(const RunSettings& settings, const RecipeBook& recipes);

ResumeOptions resume_options(const RunSettings& settings);

}  // namespace multipole
