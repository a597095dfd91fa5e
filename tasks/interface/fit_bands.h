// Bands of rasters in a training's settings (engine/training/data_bands.h), for every task on pictures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "engine/training/data_bands.h"
#include "tasks/interface/train_context.h"

namespace multipole {

// What data.bands asks for, measured once for all that open the data, or taken over from the run that goes on and the
// model that training starts from. `measure` is the task's take_bands() for its Config. Returns lines for people.
template <class Config>
std::vector<std::string> fit_bands(Json& settings, const TrainContext& context,
                                   std::vector<std::string> (*measure)(Config& config,
                                                                       const std::filesystem::path& data)) {
  const auto config_now = [&settings] {
    Json beside_probe = settings;  // settings may also say how a probe is fitted
    beside_probe.erase("probe");
    return config_from_json<Config>(beside_probe, "");
  };
  Config config = config_now();
  if (config.data.bands.empty()) return {};
  if (context.earlier) take_known_bands(settings, config.data.bands, context.earlier->value("preprocessing", Json()));
  if (context.init) take_known_bands(settings, config.data.bands, context.init->preprocessing);
  config = config_now();
  auto lines = measure(config, context.data);
  put_bands(config.preprocessing, config.model.backbone, settings);
  return lines;
}

}  // namespace multipole
