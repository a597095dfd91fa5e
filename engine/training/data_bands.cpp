#include "engine/training/data_bands.h"

#include <utility>

#include "base/fields.h"
#include "engine/training/band_measure.h"

namespace multipole {

bool lacks_bands(const std::vector<int64_t>& bands, const Preprocessing& preprocessing) {
  return !bands.empty() && !(preprocessing.bands.chosen == bands && preprocessing.bands.is_measured());
}

std::vector<std::string> take_bands(const BandQuestion& question, Preprocessing& preprocessing, Json& backbone) {
  std::vector<std::string> lines;
  if (lacks_bands(question.bands, preprocessing)) {
    lines = measure_into(question, preprocessing);
    if (preprocessing.channels() != 3) {
      lines.emplace_back("augmentation of colours (color_jitter, rand_augment) is left out: it is defined for 3 bands");
    }
  }
  if (preprocessing.bands.any() && backbone.is_object()) backbone["in_channels"] = preprocessing.channels();
  return lines;
}

void put_bands(const Preprocessing& preprocessing, const Json& backbone, Json& settings) {
  if (!preprocessing.bands.any()) return;
  settings["preprocessing"]["bands"] = to_json_config(preprocessing.bands);
  settings["preprocessing"]["mean"] = preprocessing.mean;
  settings["preprocessing"]["std"] = preprocessing.std;
  if (backbone.is_object() && backbone.contains("in_channels")) {
    merge_json(settings, {{"model", {{"backbone", {{"in_channels", backbone["in_channels"]}}}}}});
  }
}

BandScaling data_bands(const std::vector<int64_t>& bands, const Preprocessing& preprocessing) {
  if (!lacks_bands(bands, preprocessing)) return preprocessing.bands;
  BandScaling chosen;
  chosen.chosen = bands;
  return chosen;
}

void take_known_bands(Json& settings, const std::vector<int64_t>& bands, const Json& known_preprocessing) {
  if (bands.empty() || !known_preprocessing.is_object() || !known_preprocessing.contains("bands")) return;
  if (settings.contains("preprocessing") && settings["preprocessing"].contains("bands")) return;
  const auto known = config_from_json<Preprocessing>(known_preprocessing, "preprocessing");
  if (lacks_bands(bands, known)) return;
  for (const char* key : {"bands", "mean", "std"}) settings["preprocessing"][key] = known_preprocessing[key];
}

}  // namespace multipole
