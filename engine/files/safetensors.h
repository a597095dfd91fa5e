// Named tensors and string metadata in a file: https://github.com/huggingface/safetensors. Never pickle.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>

#include "engine/files/safetensors_header.h"

namespace multipole {

struct Safetensors {
  std::map<std::string, torch::Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

// Reads a file, every tensor on the CPU in memory of its own. Throws ModelFileError that names the path and the broken
// rule (safetensors_header.h), also where the file cannot be opened.
Safetensors read_safetensors(const std::filesystem::path& path);

// Reads and checks the header only.
SafetensorsHeader read_safetensors_header(const std::filesystem::path& path);

// Writes atomically (atomic_file.h): tensors of any device and strides, of the dtypes in kSafetensorsDtypes. The same
// tensors and metadata give the same bytes. Throws ResourceError where the disk fails, ModelFileError for another
// dtype.
void write_safetensors(const std::filesystem::path& path, const Safetensors& content);

}  // namespace multipole
