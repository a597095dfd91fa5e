// What several layouts need: matching pictures with masks, and lists of lines.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "datasets/layouts/layout.h"

namespace multipole {

// All pictures below `images`, each with the mask that `mask_of` names from its path relative to `images`; a path that
// is empty or not there is a missing mask, which `missing_place` describes. Throws ConfigError, naming the first, where
// masks are missing or two pictures have the same one.
std::vector<PictureAndMask> match_masks(
    const std::filesystem::path& images,
    const std::function<std::filesystem::path(const std::filesystem::path& relative)>& mask_of,
    const std::function<std::string(const std::filesystem::path& relative)>& missing_place);

// `annotations` mirrors `images`: images/deep/a.jpg has its mask in annotations/deep/, as mask_folder.h finds it.
std::vector<PictureAndMask> match_mirrored(const std::filesystem::path& images,
                                           const std::filesystem::path& annotations);

// The masks below `annotations` that none of `pairs` has.
std::vector<std::filesystem::path> masks_without_picture(const std::filesystem::path& annotations,
                                                         const std::vector<PictureAndMask>& pairs);

// The lines of a text file, without line ends, trailing blanks and empty lines. Throws ConfigError where the file
// cannot be read.
std::vector<std::string> read_lines(const std::filesystem::path& path);

// `text` cut at `separator`, blanks around the parts removed.
std::vector<std::string> split_fields(const std::string& text, char separator);

}  // namespace multipole
