// From what the user gave to a training's configuration.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/training/classify_config.h"

namespace multipole {

struct TrainSettings {
  std::string config;             // path, or the name of a recipe of configs/classify; empty for the defaults
  std::vector<std::string> sets;  // "a.b=value", applied in order
  std::optional<int64_t> epochs, seed, log_every;
  std::optional<std::string> device, data_root;
};

// Names of the recipes that are compiled into the program.
std::vector<std::string> recipe_names();

// The config as JSON: the file or recipe, then every --set, then the options of their own. Throws ConfigError.
Json merged_settings(const TrainSettings& settings);

// What the settings leave open and the data can answer: the input size, and with it how pictures are cropped and how
// fine the first tokens are. Sets keys that are absent only. Returns one line that says what was chosen, or "".
std::string fit_to_data(Json& settings, const std::filesystem::path& data);

// The smallest multiple of 32 that holds the median short side, within [32, 224].
int64_t input_size_for(std::vector<int64_t> short_sides);

}  // namespace multipole
