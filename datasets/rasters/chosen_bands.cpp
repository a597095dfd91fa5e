#include "datasets/rasters/chosen_bands.h"

namespace multipole {

std::string band_list(const std::vector<int64_t>& bands) {
  std::string text;
  for (size_t i = 0; i < bands.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == bands.size() ? " and " : ", ") + std::to_string(bands[i]);
  }
  return text;
}

std::string band_count(int64_t count) { return std::to_string(count) + (count == 1 ? " band" : " bands"); }

std::vector<int64_t> places_of(const std::vector<int64_t>& bands, int64_t samples, std::optional<int64_t> alpha) {
  std::vector<int64_t> places;
  for (const int64_t band : bands) {
    if (band < 1 || band > samples) {
      throw codecs::CodecError("it has " + band_count(samples) + ", and band " + std::to_string(band) +
                               " is to be read: --bands says which, from 1");
    }
    places.push_back(band - 1);
  }
  const auto most = static_cast<int64_t>(BandScaling::kMost);
  if (bands.empty() && samples > most)
    throw codecs::CodecError("it has " + band_count(samples) + ", too many to read all");
  for (int64_t place = 0; place < samples && bands.empty(); ++place) {
    if (!alpha || place != *alpha) places.push_back(place);
  }
  return places;
}

}  // namespace multipole
