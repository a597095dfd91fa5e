// Pictures for trainings that look at no label: a folder of any shape, or whatever else holds labelled ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "datasets/dataset.h"
#include "datasets/sources/picture_source.h"

namespace multipole {

// What a path to them may be, in words for help.
inline constexpr const char* kUnlabelledPicturesForms =
    "folder of pictures at any depth, or an archive, a CSV manifest or packed data, whose labels are not looked at";

struct UnlabelledSplits {
  // Samples with label -1, in byte order of their names within the data.
  std::shared_ptr<const Dataset> train, validation;
  std::string description;  // one line for people
  std::string hash;         // of the names
};

// Holds out a random round(val_fraction * n), at least one picture. A folder's pictures are all those below it by
// extension, whatever its folders are called; of other data those of a test split beside a train split are left alone.
// Throws ConfigError where there are fewer than two pictures, and what opening or listing them throws.
UnlabelledSplits open_unlabelled_pictures(const std::filesystem::path& path, const SourceOptions& options,
                                          double val_fraction, uint64_t seed);

}  // namespace multipole
