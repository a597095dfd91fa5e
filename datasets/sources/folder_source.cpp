#include "datasets/sources/folder_source.h"

#include <utility>

#include "base/error.h"
#include "datasets/pictures/image_files.h"
#include "datasets/pictures/read_picture.h"

namespace multipole {

namespace fs = std::filesystem;

FolderSource::FolderSource(const fs::path& root, const DecodeOptions& decode)
    : layout_(find_folder_layout(root)), decode_(decode) {}

std::vector<std::string> FolderSource::classes(const std::string& split) const {
  auto names = subfolder_names(folder(split));
  if (names.empty()) {
    const std::string where = folder(split).string();
    throw ConfigError(where + ": no class folders; expected " + where + "/<class>/<picture> with extensions " +
                      image_extension_list());
  }
  return names;
}

PictureListing FolderSource::pictures(const std::string& split, const std::string& class_name) const {
  const ImageFiles found = find_image_files(folder(split) / class_name);
  PictureListing listing;
  listing.num_other_files = found.num_other_files;
  for (const auto& path : found.paths) listing.items.push_back({path.lexically_relative(layout_.root).string(), 0});
  return listing;
}

Sample FolderSource::read(const PictureItem& item) const {
  const fs::path path = layout_.root / item.name;
  DecodedImage image = read_picture(path, decode_);
  return {std::move(image.pixels), -1, {}, path.string(), std::move(image.notes)};
}

}  // namespace multipole
