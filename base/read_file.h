// Reads whole files, and only regular ones: a FIFO or a device would block or never end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace multipole {

// Throws InputError "cannot read PATH: reason" (missing, dangling link, directory, not a regular file, no permission,
// above `max_bytes`).
std::vector<uint8_t> read_file(const std::filesystem::path& path, int64_t max_bytes);

}  // namespace multipole
