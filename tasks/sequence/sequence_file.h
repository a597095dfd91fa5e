// A language model in one file: safetensors with its config as JSON under the metadata key "multipole_sequence".
#pragma once

#include <filesystem>

#include "backbone/families/sequence/sequence_model.h"

namespace multipole {

// Written atomically.
void save_sequence_model(const std::filesystem::path& path, const SequenceModelImpl& model, const Json& training);

// In evaluation mode, on the CPU. Throws ModelFileError: not such a file, or weights that are missing, unexpected or of
// another shape.
SequenceModel load_sequence_model(const std::filesystem::path& path);

}  // namespace multipole
