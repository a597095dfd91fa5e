#include "datasets/layouts/pair_folders.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/error.h"
#include "base/lower_case.h"
#include "datasets/layouts/mask_folder.h"
#include "datasets/pictures/image_files.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

const std::vector<std::string>& picture_names() {
  static const std::vector<std::string> names = {"images", "image", "imgs",     "img",
                                                 "photos", "photo", "pictures", "picture"};
  return names;
}

const std::vector<std::string>& mask_names() {
  static const std::vector<std::string> names = {"annotations", "annotation", "masks", "mask", "labels", "label"};
  return names;
}

bool holds_pictures_at_any_depth(const fs::path& folder) {
  std::error_code code;
  constexpr auto kSkip = fs::directory_options::skip_permission_denied;
  return std::any_of(fs::recursive_directory_iterator(folder, kSkip, code), fs::recursive_directory_iterator(),
                     [](const fs::directory_entry& entry) {
                       return has_image_extension(entry.path()) || has_polygon_extension(entry.path());
                     });
}

// Those folders of `root` that have one of the names, in the names' order.
std::vector<fs::path> folders_named(const fs::path& root, const std::vector<std::string>& names) {
  std::vector<fs::path> found;
  const auto present = subfolder_names(root);
  for (const auto& name : names) {
    for (const auto& folder : present) {
      if (lower_case(folder) == name) found.push_back(root / folder);
    }
  }
  return found;
}

}  // namespace

std::optional<PairFolders> find_pair_folders(const fs::path& root) {
  std::error_code code;
  if (!fs::is_directory(root, code)) return std::nullopt;
  const auto images = folders_named(root, picture_names()), annotations = folders_named(root, mask_names());
  if (images.empty() || annotations.empty()) return std::nullopt;
  // boxes are often called labels or annotations, too, and lie beside masks as text
  const auto with_pictures = std::find_if(annotations.begin(), annotations.end(), holds_pictures_at_any_depth);
  return PairFolders{images.front(), with_pictures == annotations.end() ? annotations.front() : *with_pictures};
}

PairFolders pair_folders(const fs::path& root) {
  const auto folders = find_pair_folders(root);
  if (!folders) throw ConfigError(root.string() + " has no folders of pictures and of masks. " + how_to_pair(root));
  return *folders;
}

std::string how_to_pair(const fs::path& root) {
  constexpr size_t kListed = 8;
  std::string found;
  const auto present = subfolder_names(root);
  for (size_t i = 0; i < std::min(present.size(), kListed); ++i) found += (i == 0 ? "" : ", ") + present[i] + "/";
  if (present.size() > kListed) found += " and " + std::to_string(present.size() - kListed) + " more";
  const std::string at = "\n  " + (root / "").string();
  return "Make" + at + "images/a.jpg    the pictures (or image/, imgs/, img/, photos/, pictures/)" + at +
         "masks/a.png     a mask of the same name for each: a PNG or TIFF of class ids 0, 1, ..., or of 0 and 255, "
         "or polygons as a.geojson or a.gpkg (or mask/, labels/, label/, annotations/, annotation/)" +
         at + "classes.txt     a class's name a line, in the order of the ids; masks of 0 and 255 need none" +
         "\nThere is " + (found.empty() ? "no folder" : found);
}

}  // namespace multipole
