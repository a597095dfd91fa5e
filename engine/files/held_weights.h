// A file is not believed a model that it does not hold: building one to find that out would cost its memory.
#pragma once

#include <string>

#include "engine/files/safetensors.h"

namespace multipole {

// Throws ModelFileError, naming `source`, where a model of `parameters` is larger than the file's tensors by more than
// is built in a moment. Below that the model is built, so that what is missing can be told by name.
void require_held(const Safetensors& content, double parameters, const std::string& source);

}  // namespace multipole
