// NumPy's file of one array, format version 1.0: numpy.lib.format, https://numpy.org/neps/nep-0001-npy-format.html.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace multipole {

// The bytes before the numbers of a float32 array in C order: 64 of them, or a multiple.
std::string npy_header(const std::vector<int64_t>& shape);

// Writes a float32 tensor of any shape atomically (atomic_file.h). Throws as AtomicFile does.
void write_npy(const std::filesystem::path& path, const torch::Tensor& array);

}  // namespace multipole
