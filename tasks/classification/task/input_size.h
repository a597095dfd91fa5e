// What a classification training adds to the settings that the user gave.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

// What the settings leave open and the data can answer: the input size, and with it how pictures are cropped and how
// fine the first tokens are. Sets keys that are absent only. Returns one line that says what was chosen, or "".
std::string fit_to_data(Json& settings, const std::filesystem::path& data);

// The smallest multiple of 32 that holds the median short side, within [32, 224].
int64_t input_size_for(std::vector<int64_t> short_sides);

}  // namespace multipole
