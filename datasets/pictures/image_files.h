// Finds picture files below a folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace multipole {

// Lower-case, with the dot; compared without regard to case.
const std::vector<std::string>& image_extensions();
std::string image_extension_list();  // for messages: ".jpg, .jpeg, ..."
bool has_image_extension(const std::filesystem::path& path);

struct ImageFiles {
  std::vector<std::filesystem::path> paths;  // byte order of the whole path
  int64_t num_other_files = 0;               // files left out for their extension
};

// All files below `folder` at any depth whose names are wanted; the others are counted. Hidden names skipped, links
// followed. Throws ConfigError for a folder that cannot be listed or a loop of links.
ImageFiles find_files(const std::filesystem::path& folder,
                      const std::function<bool(const std::filesystem::path&)>& is_wanted);

// The pictures among them, by has_image_extension().
ImageFiles find_image_files(const std::filesystem::path& folder);

// Names of the folders directly in `folder`, hidden ones skipped, in byte order. Throws ConfigError as above.
std::vector<std::string> subfolder_names(const std::filesystem::path& folder);

}  // namespace multipole
