// Bands of rasters in a training's config: what data.bands asks for is measured and put into preprocessing and model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/preprocessing.h"

namespace multipole {

struct BandQuestion {
  std::vector<int64_t> bands;                                    // data.bands
  std::function<std::vector<std::filesystem::path>()> pictures;  // of the training split
  DecodeOptions decode = {};
  uint64_t seed = 0;
  int64_t workers = 1;
};

// Whether the bands are asked for and `preprocessing` does not scale just them already.
bool lacks_bands(const std::vector<int64_t>& bands, const Preprocessing& preprocessing);

// Where it lacks them, measures the pictures: preprocessing gets scaling, mean and deviation. In any case the backbone
// gets as many channels as `preprocessing` has, where that is not 3. Returns lines for people. Throws as
// measure_bands() (datasets/rasters/band_statistics.h) does.
std::vector<std::string> take_bands(const BandQuestion& question, Preprocessing& preprocessing, Json& backbone);

// The same for settings: what `config` (a task's, complete) makes of them is put where it belongs.
void put_bands(const Preprocessing& preprocessing, const Json& backbone, Json& settings);

// How the data are to be read: scaled as `preprocessing` says; where nothing is measured yet, by the whole range of
// their type.
BandScaling data_bands(const std::vector<int64_t>& bands, const Preprocessing& preprocessing);

// What an earlier run or the model that training starts from says of the same bands, taken over into `settings`.
void take_known_bands(Json& settings, const std::vector<int64_t>& bands, const Json& known_preprocessing);

}  // namespace multipole
