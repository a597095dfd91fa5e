// Where the pictures and the masks of the layout "pairs" lie: two folders side by side, in any case of letters
//
//   pictures  images, image, imgs, img, photos, photo, pictures, picture
//   masks     annotations, annotation, masks, mask, labels, label; of several the first that holds pictures or polygons
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace multipole {

struct PairFolders {
  std::filesystem::path images, annotations;
};

// Nothing where one of the two is not there.
std::optional<PairFolders> find_pair_folders(const std::filesystem::path& root);

// The same; throws ConfigError with how_to_pair() where one is not there.
PairFolders pair_folders(const std::filesystem::path& root);

// What to make in `root`, and what is there instead: lines for people.
std::string how_to_pair(const std::filesystem::path& root);

}  // namespace multipole
