// What the user says of how pictures are decoded, for every command that reads some.
#pragma once

#include "apps/arguments/command.h"
#include "datasets/codecs/image_decode.h"

namespace multipole {

// --allow-truncated and --max-pixels.
void add_decode_options(CLI::App& command, DecodeOptions& options);

// --max-pixels alone, where a config holds the rest; none given leaves `max_pixels` empty.
void add_max_pixels_option(CLI::App& command, std::optional<int64_t>& max_pixels);

}  // namespace multipole
