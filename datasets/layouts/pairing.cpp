#include "datasets/layouts/pairing.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"
#include "datasets/layouts/mask_folder.h"
#include "datasets/pictures/image_files.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

constexpr const char* kBlanks = " \t\r\n";

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return "";
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::vector<PictureAndMask> match_masks(const fs::path& images,
                                        const std::function<fs::path(const fs::path& relative)>& mask_of,
                                        const std::function<std::string(const fs::path& relative)>& missing_place) {
  std::vector<PictureAndMask> pairs;
  std::map<fs::path, fs::path> picture_of;
  std::string first_without;
  int64_t without = 0;
  for (const auto& image : find_image_files(images).paths) {
    const fs::path relative = image.lexically_relative(images), mask = mask_of(relative);
    std::error_code code;
    if (mask.empty() || !fs::exists(mask, code)) {
      if (without++ == 0) first_without = missing_place(relative);
      continue;
    }
    const auto [other, added] = picture_of.emplace(mask, image);
    if (!added) {
      throw ConfigError(image.string() + " and " + other->second.string() + " share the mask " + mask.string() +
                        ": remove one of them");
    }
    pairs.push_back({image, mask});
  }
  if (without > 0) {
    throw ConfigError(std::to_string(without) + " of the pictures in " + images.string() +
                      " have no mask, the first is missing at " + first_without +
                      ": add the masks or take the pictures away");
  }
  return pairs;
}

std::vector<PictureAndMask> match_mirrored(const fs::path& images, const fs::path& annotations) {
  const MaskFolder masks(annotations);
  return match_masks(
      images, [&](const fs::path& relative) { return masks.mask_of(relative); },
      [&](const fs::path& relative) { return masks.missing_place(relative); });
}

std::vector<fs::path> masks_without_picture(const fs::path& annotations, const std::vector<PictureAndMask>& pairs) {
  std::set<fs::path> used;
  for (const auto& pair : pairs) used.insert(pair.mask);
  std::vector<fs::path> unused;
  for (const auto& mask : find_image_files(annotations).paths) {
    if (!used.contains(mask)) unused.push_back(mask);
  }
  return unused;
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw ConfigError("cannot read " + path.string());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    line.erase(line.find_last_not_of(kBlanks) + 1);
    if (!trimmed(line).empty()) lines.push_back(line);
  }
  if (file.bad()) throw ConfigError("cannot read " + path.string());
  return lines;
}

std::vector<std::string> split_fields(const std::string& text, char separator) {
  std::vector<std::string> fields;
  std::istringstream stream(text);
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(trimmed(field));
  return fields;
}

}  // namespace multipole
