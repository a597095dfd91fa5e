// What the user says of how pictures are decoded, for every command that reads some.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/arguments/command.h"
#include "datasets/codecs/image_decode.h"

namespace multipole {

// --allow-truncated and --max-pixels.
void add_decode_options(CLI::App& command, DecodeOptions& options);

// --bands 4,3,2, where pictures may be rasters. `meaning` says in --help what they are to the command.
void add_bands_option(CLI::App& command, std::vector<int64_t>& bands, const std::string& meaning);

// The same for a command with a trained model.
void add_model_bands_option(CLI::App& command, DecodeOptions& options);

// --max-pixels alone, where a config holds the rest; none given leaves `max_pixels` empty.
void add_max_pixels_option(CLI::App& command, std::optional<int64_t>& max_pixels);

}  // namespace multipole
