#include "datasets/image_folder.h"

namespace multipole {

ImageFolder::ImageFolder(const std::filesystem::path& root, const FolderSplitOptions& options,
                         const DecodeOptions& decode)
    : split_(select_split(root, options)), decode_(decode) {}

Sample ImageFolder::get(int64_t index) const {
  const LabelledFile& file = split_.files.at(index);
  return {read_image(file.path, decode_), file.label, {}, file.path.string()};
}

}  // namespace multipole
