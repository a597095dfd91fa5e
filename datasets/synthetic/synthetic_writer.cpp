#include "datasets/synthetic/synthetic_writer.h"

#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "datasets/pictures/image_encode.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

void create_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw ResourceError("cannot create " + folder.string() + ": " + error.message());
}

std::string file_name(int64_t index) {
  const std::string digits = std::to_string(index);
  return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits + ".png";
}

void write_split(const SyntheticDataset& dataset, const std::vector<std::string>& class_names, bool segment,
                 const fs::path& root, const std::string& split) {
  if (segment) {
    create_folders(root / "images" / split);
    create_folders(root / "annotations" / split);
  } else {
    for (const auto& name : class_names) create_folders(root / split / name);
  }
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const Sample sample = dataset.get(i);
    const fs::path folder = segment ? root / "images" / split : root / split / class_names[sample.label];
    write_bytes(folder / file_name(i), encode_png(sample.image));
    if (segment) write_bytes(root / "annotations" / split / file_name(i), encode_png_mask(sample.mask, {}));
  }
}

}  // namespace

void write_synthetic(const SyntheticConfig& config, const fs::path& root) {
  config.validate("synthetic");
  std::error_code error;
  if (fs::exists(root, error) && !fs::is_empty(root, error)) {
    throw ConfigError(root.string() + ": exists and is not an empty folder; choose another or remove it");
  }
  const auto class_names = synthetic_class_names(config);
  const bool segment = config.kind == "segment";
  for (const std::string split : {"train", "val"}) {
    write_split(SyntheticDataset(config, split), class_names, segment, root, split);
  }
  if (!segment) return;
  std::string text;
  for (const auto& name : class_names) text += name + "\n";
  write_bytes(root / "classes.txt", std::vector<uint8_t>(text.begin(), text.end()));
}

}  // namespace multipole
