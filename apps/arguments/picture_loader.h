// Batches of pictures without labels, prepared as a model sees them.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "apps/arguments/command.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/loading/loader.h"
#include "datasets/pictures/preprocessing.h"

namespace multipole {

// In the order of the paths, without randomness; a picture that cannot be read or resized is in Batch::bad.
std::unique_ptr<Loader> make_picture_loader(const std::vector<std::filesystem::path>& paths,
                                            const DecodeOptions& decode, const Preprocessing& preprocessing,
                                            const ComputeOptions& compute);

// What decoding left out or guessed, a line for each on standard error.
void print_notes(const Batch& batch);

}  // namespace multipole
