#include "datasets/sources/manifest_source.h"

#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/read_file.h"
#include "datasets/pictures/read_picture.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kMaxManifestBytes = int64_t{1} << 30;

// Where every absolute path leads nowhere, the manifest was written for another place.
void check_absolute_paths(const Manifest& manifest, const fs::path& file) {
  std::error_code error;
  const ManifestRow* first = nullptr;
  for (const auto& row : manifest.rows) {
    if (!fs::path(row.path).is_absolute()) continue;
    if (fs::exists(row.path, error)) return;
    if (first == nullptr) first = &row;
  }
  if (first == nullptr) return;
  throw ConfigError(file.string() + " line " + std::to_string(first->line) + ": no file '" + first->path +
                    "', nor any other of its absolute paths; where the pictures were moved, write paths relative to "
                    "the manifest or to --data-root");
}

Manifest read_manifest(const fs::path& file, const fs::path& root) {
  const auto bytes = read_file(file, kMaxManifestBytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Manifest manifest = parse_manifest(text, file.string(), fs::absolute(root));
  check_absolute_paths(manifest, file);
  return manifest;
}

}  // namespace

ManifestSource::ManifestSource(const fs::path& file, const fs::path& root, const DecodeOptions& decode)
    : file_(file),
      root_(!root.empty()            ? root
            : file.has_parent_path() ? file.parent_path()
                                     : "."),
      decode_(decode),
      manifest_(read_manifest(file, root_)) {
  for (size_t i = 0; i < manifest_.rows.size(); ++i) {
    rows_[manifest_.rows[i].split][manifest_.rows[i].label].push_back(i);
  }
}

std::vector<std::string> ManifestSource::splits() const {
  std::vector<std::string> names;
  if (!manifest_.has_splits) return names;
  for (const auto& [split, classes] : rows_) names.push_back(split);
  return names;
}

std::vector<std::string> ManifestSource::classes(const std::string& split) const {
  std::vector<std::string> names;
  for (const auto& [label, rows] : rows_.at(split)) names.push_back(label);
  return names;
}

PictureListing ManifestSource::pictures(const std::string& split, const std::string& class_name) const {
  PictureListing listing;
  for (const size_t row : rows_.at(split).at(class_name)) {
    listing.items.push_back({manifest_.rows[row].path, static_cast<int64_t>(row)});
  }
  return listing;
}

std::string ManifestSource::describe_split(const std::string& split) const {
  return split.empty() ? file_.string() : file_.string() + ", split " + split;
}

std::string ManifestSource::describe_class(const std::string& split, const std::string& class_name) const {
  const size_t first = rows_.at(split).at(class_name).front();
  return "'" + class_name + "' (line " + std::to_string(manifest_.rows[first].line) + ")";
}

Sample ManifestSource::read(const PictureItem& item) const {
  const fs::path path = root_ / item.name;
  DecodedImage image = read_picture(path, decode_);
  return {std::move(image.pixels), -1, {}, path.string(), std::move(image.notes)};
}

}  // namespace multipole
