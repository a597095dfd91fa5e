// Which file is what kind of data.
#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/lower_case.h"
#include "datasets/formats/pack_format.h"
#include "datasets/sources/archive_kind.h"
#include "datasets/sources/archive_source.h"
#include "datasets/sources/folder_source.h"
#include "datasets/sources/manifest_source.h"
#include "datasets/sources/packed_source.h"

namespace multipole {

namespace {

namespace fs = std::filesystem;

bool is_pack(ByteView bytes) {
  constexpr std::string_view kAnyVersion = kPackMagic.substr(0, kPackMagic.rfind(' '));
  return bytes.size() >= kAnyVersion.size() && std::equal(kAnyVersion.begin(), kAnyVersion.end(), bytes.begin());
}

bool is_manifest(const fs::path& path) {
  const std::string extension = lower_case(path.extension().string());
  return extension == ".csv" || extension == ".tsv";
}

std::shared_ptr<const PictureSource> open_file(const fs::path& path, const SourceOptions& options) {
  if (is_manifest(path)) return std::make_shared<ManifestSource>(path, options.root, options.decode);
  const MappedFile file(path);
  if (is_pack(file.bytes())) {
    if (options.decode.bands.any()) {
      throw ConfigError(path.string() + ": packed data hold RGB; bands are those of raster files");
    }
    return std::make_shared<PackedSource>(path);
  }
  if (is_archive(file.bytes())) return open_archive_source(path, options.decode);
  throw ConfigError(path.string() +
                    ": neither a folder, a CSV manifest (.csv, .tsv), packed data nor a tar or zip archive");
}

}  // namespace

std::shared_ptr<const PictureSource> open_picture_source(const fs::path& path, const SourceOptions& options) {
  std::error_code error;
  if (!fs::exists(path, error)) throw ConfigError(path.string() + ": no such file or folder");
  if (!options.root.empty() && !is_manifest(path)) {
    throw ConfigError("a root for relative paths makes sense for a CSV manifest only, and " + path.string() +
                      " is none");
  }
  if (fs::is_directory(path, error)) return std::make_shared<FolderSource>(path, options.decode);
  try {
    return open_file(path, options);
  } catch (const InputError& failure) {
    throw ConfigError(failure.what());  // the data as a whole is unusable, and not one picture of it
  }
}

}  // namespace multipole
