// A checksum of tensors and metadata that travels in the metadata of their safetensors file: it finds bytes that went
// bad on the disk or on the way, which the format itself does not.
#pragma once

#include <string>

#include "engine/files/safetensors.h"

namespace multipole {

// Sets the metadata "multipole.checksum" of what is about to be written. Tensors must be contiguous and on the CPU.
void add_checksum(Safetensors& content);

// Throws ModelFileError, naming `source`, where the content is not what it was. Files of other programs, and those of
// version 0.1 with its older algorithm, have nothing to compare with and pass.
void verify_checksum(const Safetensors& content, const std::string& source);

}  // namespace multipole
