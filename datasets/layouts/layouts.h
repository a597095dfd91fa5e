// The layouts one by one; see layout.h. A layout is a file with such a function and one line in the list of
// registry.cpp.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/registry.h"
#include "datasets/layouts/layout.h"

namespace multipole {

struct Layout {
  std::string sign;  // what ROOT holds in this layout and in none that stands before it in the registry; for messages
  std::function<bool(const std::filesystem::path& root)> is_at;  // whether the sign is there
  // The folder of the splits: a folder or a list of names each.
  std::function<std::filesystem::path(const std::filesystem::path& root)> splits;
  SegmentationListing (*list)(const std::filesystem::path& root, const SegmentationSplitOptions& options);
  bool makes_splits = false;  // where the folder has none
};

// A layout that is told by one path, its sign, and keeps its splits in the folder `splits`; both below ROOT.
Layout layout_with_sign(const std::string& sign, const std::string& splits, decltype(Layout::list) list);

Layout pairs_layout();
Layout ade20k_layout();
Layout voc_layout();
Layout cityscapes_layout();

Registry<Layout>& layout_registry();

}  // namespace multipole
