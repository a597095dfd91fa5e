// For the build without picture libraries.
#include "datasets/codecs/without_codecs.h"
#include "datasets/sources/archive_source.h"

namespace multipole {

std::shared_ptr<const PictureSource> open_archive_source(const std::filesystem::path& file, const DecodeOptions&) {
  refuse_without_codecs(file.string());
}

}  // namespace multipole
