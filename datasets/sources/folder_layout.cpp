#include "datasets/sources/folder_layout.h"

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "datasets/layouts/layout.h"
#include "datasets/pictures/image_files.h"
#include "datasets/splits/split_names.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

constexpr int kMostWrappers = 16;  // a link to a folder above would go on for ever

bool holds_pictures(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (has_image_extension(it->path()) && !it->is_directory(error)) return true;
  }
  return false;
}

bool holds_folders(const fs::path& folder) { return !subfolder_names(folder).empty(); }

std::vector<std::string> splits_in(const fs::path& folder) {
  auto names = subfolder_names(folder);
  return are_splits(names, [&](const std::string& name) { return holds_folders(folder / name); })
             ? names
             : std::vector<std::string>();
}

// "cat, dog" or "ant, bee, cat and 7 more".
std::string some_of(const std::vector<std::string>& names) {
  constexpr size_t kShown = 3;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? text + " and " + std::to_string(names.size() - kShown) + " more" : text;
}

// Enters the folders around the data.
fs::path innermost(const fs::path& folder) {
  fs::path root = folder;
  for (int depth = 0; depth < kMostWrappers; ++depth) {
    const auto names = subfolder_names(root);
    if (names.size() != 1 || !splits_in(root).empty() || holds_pictures(root)) break;
    if (holds_pictures(root / names.front()) || !holds_folders(root / names.front())) break;
    root /= names.front();
  }
  return root;
}

// Of folders that would be classes, those whose pictures all lie in folders of their own.
std::vector<std::string> wrappers(const fs::path& root, const std::vector<std::string>& names) {
  std::vector<std::string> found;
  for (const auto& name : names) {
    const fs::path inner = root / name;
    if (!holds_pictures(inner) && holds_folders(inner) && !find_image_files(inner).paths.empty()) found.push_back(name);
  }
  return found;
}

// Throws where a wrapper has the classes, and returns a note where it may have.
std::string check_wrappers(const fs::path& root, const std::vector<std::string>& names) {
  const auto around = wrappers(root, names);
  if (around.empty()) return "";
  const auto with_splits = std::find_if(around.begin(), around.end(),
                                        [&](const std::string& name) { return !splits_in(root / name).empty(); });
  const bool has_classes =
      std::any_of(names.begin(), names.end(), [&](const std::string& name) { return holds_pictures(root / name); });
  const std::string& likely = with_splits == around.end() ? around.front() : *with_splits;
  const std::string hint = "--data " + (root / likely).string();
  if (has_classes && with_splits == around.end()) {
    return root.string() + ": " + likely + " holds no pictures itself, only " +
           some_of(subfolder_names(root / likely)) + "; if those are the classes, give " + hint;
  }
  std::string seen;
  for (size_t i = 0; i < std::min<size_t>(around.size(), 5); ++i) {
    seen += (i == 0 ? "" : ", ") + around[i] + " (" + some_of(subfolder_names(root / around[i])) + ")";
  }
  throw ConfigError(root.string() + ": folders around others where class folders with pictures were expected: " + seen +
                    "; give the one that holds the classes or splits, such as " + hint +
                    "; if these are the classes, put them into " + (root / "train").string());
}

}  // namespace

FolderLayout find_folder_layout(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw ConfigError(folder.string() + ": " + (fs::exists(folder, error) ? "not a folder" : "no such file or folder"));
  }
  FolderLayout layout{.root = innermost(folder), .splits = {}, .note = {}};
  if (has_segmentation_layout(layout.root)) {
    throw ConfigError(layout.root.string() + ": pictures and masks, where folders of classes were expected; " +
                      "'multipole segment train' and 'segment eval' take them");
  }
  layout.splits = splits_in(layout.root);
  if (layout.splits.empty()) layout.note = check_wrappers(layout.root, subfolder_names(layout.root));
  if (layout.root != folder) {
    layout.note = folder.string() + " holds one folder only: took " + layout.root.string() +
                  (layout.note.empty() ? "" : "; " + layout.note);
  }
  return layout;
}

}  // namespace multipole
