// Bands as the user counts them, and their places in a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/codecs/codec.h"

namespace multipole {

// "4, 3 and 2"
std::string band_list(const std::vector<int64_t>& bands);

// "4 bands", "1 band"
std::string band_count(int64_t count);

// The places of `bands` (from 1) among `samples`, from 0; of all but `alpha` where none is chosen. Throws CodecError
// for a band that is not there.
std::vector<int64_t> places_of(const std::vector<int64_t>& bands, int64_t samples, std::optional<int64_t> alpha);

}  // namespace multipole
