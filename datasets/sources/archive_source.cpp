#include "datasets/sources/archive_source.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "datasets/pictures/image_files.h"
#include "datasets/pictures/read_picture.h"
#include "datasets/splits/split_names.h"

namespace multipole {

namespace {

// "a/b/c" -> "a", and text becomes "b/c"; nothing where there is no folder left.
std::string_view take_folder(std::string_view& text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return {};
  const std::string_view folder = text.substr(0, slash);
  text.remove_prefix(slash + 1);
  return folder;
}

// Whether a folder or the file itself is hidden, or macOS's archiver put it there for itself.
bool is_hidden(std::string_view name) {
  return name.starts_with('.') || name.find("/.") != name.npos || name.starts_with("__MACOSX/");
}

// The names of the folders directly below the first `skip` characters.
std::vector<std::string> top_folders(const std::vector<ArchiveEntry>& entries, size_t skip) {
  std::set<std::string> names;
  for (const auto& entry : entries) {
    if (is_hidden(entry.name)) continue;
    std::string_view rest = std::string_view(entry.name).substr(skip);
    if (const auto folder = take_folder(rest); !folder.empty()) names.emplace(folder);
  }
  return {names.begin(), names.end()};
}

// Whether the folders at that depth are splits.
bool are_splits_at(const std::vector<ArchiveEntry>& entries, size_t skip, const std::vector<std::string>& names) {
  return are_splits(names, [&](const std::string& name) {
    return std::any_of(entries.begin(), entries.end(), [&](const ArchiveEntry& entry) {
      std::string_view rest = std::string_view(entry.name).substr(std::min(skip, entry.name.size()));
      return !is_hidden(entry.name) && take_folder(rest) == name && !take_folder(rest).empty();
    });
  });
}

// Folders that are split names, or several, are the layout; a single other one is only wrapped around it.
size_t wrapping_length(const std::vector<ArchiveEntry>& entries) {
  size_t skip = 0;
  while (true) {
    const auto names = top_folders(entries, skip);
    if (names.size() != 1 || are_splits_at(entries, skip, names)) return skip;
    const size_t inner = skip + names.front().size() + 1;
    for (const auto& entry : entries) {
      if (entry.name.size() < inner) return skip;  // a file beside the folder
    }
    if (top_folders(entries, inner).empty()) return skip;
    skip = inner;
  }
}

}  // namespace

ArchiveSource::ArchiveSource(const std::filesystem::path& file, const DecodeOptions& decode)
    : file_(file), decode_(decode), mapping_(file), entries_(index_archive(mapping_.bytes(), file.string())) {
  const size_t skip = wrapping_length(entries_);
  has_splits_ = are_splits_at(entries_, skip, top_folders(entries_, skip));
  for (size_t i = 0; i < entries_.size(); ++i) {
    std::string_view rest = std::string_view(entries_[i].name).substr(skip);
    if (is_hidden(rest)) continue;
    const std::string name(rest);
    const std::string split(has_splits_ ? take_folder(rest) : std::string_view());
    const std::string class_name(take_folder(rest));
    if (class_name.empty() || (has_splits_ && split.empty())) continue;
    PictureListing& listing = pictures_[split][class_name];
    if (has_image_extension(std::filesystem::path(name))) {
      listing.items.push_back({name, static_cast<int64_t>(i)});
    } else {
      ++listing.num_other_files;
    }
  }
  if (pictures_.empty()) {
    throw ConfigError(file.string() + ": no class folders; expected <class>/<picture> inside, with extensions " +
                      image_extension_list());
  }
}

std::vector<std::string> ArchiveSource::splits() const {
  std::vector<std::string> names;
  if (!has_splits_) return names;
  for (const auto& [split, classes] : pictures_) names.push_back(split);
  return names;
}

std::vector<std::string> ArchiveSource::classes(const std::string& split) const {
  std::vector<std::string> names;
  for (const auto& [class_name, listing] : pictures_.at(split)) names.push_back(class_name);
  return names;
}

PictureListing ArchiveSource::pictures(const std::string& split, const std::string& class_name) const {
  return pictures_.at(split).at(class_name);
}

std::string ArchiveSource::describe_split(const std::string& split) const {
  return split.empty() ? file_.string() : file_.string() + ":" + split;
}

Sample ArchiveSource::read(const PictureItem& item) const {
  const ArchiveEntry& entry = entries_.at(static_cast<size_t>(item.id));
  const std::string label = path(item);
  const auto bytes = read_archive_entry(mapping_.bytes(), entry, label, decode_.max_file_bytes);
  DecodedImage image = decode_picture(bytes, label, decode_);
  return {std::move(image.pixels), -1, {}, label, std::move(image.notes)};
}

std::shared_ptr<const PictureSource> open_archive_source(const std::filesystem::path& file,
                                                         const DecodeOptions& decode) {
  return std::make_shared<ArchiveSource>(file, decode);
}

}  // namespace multipole
