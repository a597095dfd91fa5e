#include "datasets/layouts/mask_folder.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/lower_case.h"
#include "datasets/pictures/image_files.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

constexpr std::array kMaskExtensions = {".png", ".tif", ".tiff", ".geojson", ".gpkg"};
constexpr std::array kEndings = {"mask", "label", "labels", "seg", "gt"};

std::string extension_of(const fs::path& path) { return lower_case(path.extension().string()); }

bool may_be_mask(const fs::path& path) {
  return std::ranges::find(kMaskExtensions, extension_of(path)) != kMaskExtensions.end();
}

// The name without an ending such as _mask; empty where it has none.
std::string without_ending(const std::string& stem) {
  const size_t at = stem.find_last_of("_-.");
  if (at == stem.npos || at == 0) return "";
  return std::ranges::find(kEndings, lower_case(stem.substr(at + 1))) == kEndings.end() ? "" : stem.substr(0, at);
}

}  // namespace

bool has_polygon_extension(const fs::path& path) {
  const std::string extension = extension_of(path);
  return extension == ".geojson" || extension == ".gpkg";
}

MaskFolder::MaskFolder(const fs::path& root) : root_(root) {
  const auto wanted = [](const fs::path& path) { return may_be_mask(path) || has_image_extension(path); };
  for (const auto& path : find_files(root, wanted).paths) {
    const fs::path relative = path.lexically_relative(root);
    auto& files = may_be_mask(path) ? masks_ : others_;
    files[relative.parent_path() / relative.stem()].push_back(path);
    const std::string picture = without_ending(relative.stem().string());
    // the mark tells these from files of just that name
    if (!picture.empty()) files[relative.parent_path() / (picture + "/")].push_back(path);
  }
}

const MaskFolder::Files* MaskFolder::find(const std::map<fs::path, Files>& files, const fs::path& relative) const {
  const std::string stem = relative.stem().string();
  for (const std::string& name : {stem, stem + "/"}) {
    const auto found = files.find(relative.parent_path() / name);
    if (found != files.end()) return &found->second;
  }
  return nullptr;
}

fs::path MaskFolder::mask_of(const fs::path& relative) const {
  if (const Files* const found = find(masks_, relative)) {
    if (found->size() == 1) return found->front();
    throw ConfigError(relative.string() + " has several masks, " + found->at(0).string() + " and " +
                      found->at(1).string() + ": remove one of them");
  }
  if (const Files* const found = find(others_, relative)) {
    const bool is_jpeg = extension_of(found->front()).starts_with(".j");
    throw ConfigError(found->front().string() + " cannot be the mask of " + relative.string() + ": " +
                      (is_jpeg ? "a JPEG blurs the values at every border into others; " : "") +
                      "save masks as PNG or TIFF, which keep class ids exactly, with the program that drew them");
  }
  return {};
}

std::string MaskFolder::missing_place(const fs::path& relative) const {
  fs::path place = root_ / relative;
  return place.replace_extension(".png").string() + " (or .tif, .geojson, .gpkg, " + place.stem().string() +
         "_mask.png)";
}

}  // namespace multipole
