#include "tasks/segmentation/mask_record.h"

#include <filesystem>

#include "base/error.h"
#include "tasks/segmentation/segment_config.h"

namespace multipole {

namespace {

constexpr const char* kKey = "masks";

MaskOptions from_data_settings(const Json& data) {
  const auto config = config_from_json<SegmentDataConfig>(data, "training.data");
  MaskOptions masks;
  masks.reduce_zero_label = config.reduce_zero_label;
  masks.ignored_values = config.ignored_values;
  std::error_code code;
  if (!config.color_map.empty() && std::filesystem::exists(config.color_map, code)) {
    masks = {.color_map = read_color_map(config.color_map)};
  }
  return masks;
}

MaskOptions from_training(const Json& training) {
  if (!training.is_object()) return {};
  if (training.contains(kKey)) return config_from_json<MaskOptions>(training[kKey], std::string("training.") + kKey);
  if (training.contains("data") && training["data"].is_object()) return from_data_settings(training["data"]);
  return {};
}

}  // namespace

void record_masks(const MaskOptions& masks, ModelMetadata& metadata) {
  metadata.training[kKey] = to_json_config(masks);
}

MaskOptions recorded_masks(const ModelMetadata& metadata) {
  try {
    MaskOptions masks = from_training(metadata.training);
    masks.class_names = metadata.classes;
    return masks;
  } catch (const ConfigError& error) {
    throw ModelFileError(std::string("damaged model metadata: ") + error.what());
  }
}

}  // namespace multipole
