// What tells whether a result would come out the same: 16 digits each.
#pragma once

#include <filesystem>
#include <string>

namespace multipole {

// Of the content; throws InputError where it cannot be read.
std::string content_fingerprint(const std::filesystem::path& path);

// Of an input and of what else its result comes from: path, size and time of the last change, without reading the file.
std::string input_fingerprint(const std::string& settings, const std::filesystem::path& path);

}  // namespace multipole
