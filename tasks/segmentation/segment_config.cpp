#include "tasks/segmentation/segment_config.h"

#include <algorithm>

#include "datasets/masks/label_map.h"
#include "engine/optimizers/registry.h"
#include "engine/training/data_config.h"
#include "heads/model/registry.h"

namespace multipole {

void SegmentDataConfig::validate(const std::string& where) const {
  require(val_fraction > 0 && val_fraction < 1, where + ".val_fraction", "must be above 0 and below 1", val_fraction);
  require(split_seed >= 0, where + ".split_seed", "must not be negative", split_seed);
  const int64_t ignored = ignore_index.value_or(kIgnoredLabel);
  require(ignored >= kNoIgnoreIndex && ignored <= 65535, where + ".ignore_index", "must be from -1 to 65535", ignored);
  require_folds(folds, fold, train_split, val_split, where);
  for (const int64_t value : ignored_values) {
    require(value >= 0 && value <= 65535, where + ".ignored_values", "must be from 0 to 65535 each", ignored_values);
  }
  require(block == -1 || block == 0 || block >= 32, where + ".block", "must be -1, 0 or at least 32", block);
  require(block_gap >= 0, where + ".block_gap", "must not be negative", block_gap);
  require(max_pixels >= 1, where + ".max_pixels", "must be at least 1", max_pixels);
  require(workers >= 0 && workers <= 256, where + ".workers", "must be from 0 to 256", workers);
  require(prefetch >= 1 && prefetch <= 1024, where + ".prefetch", "must be from 1 to 1024", prefetch);
  require(cache_gib >= 0, where + ".cache_gib", "must not be negative", cache_gib);
}

SegmentConfig::SegmentConfig() {
  model.head = {{"type", "segformer"}};
  train.batch_size = 8;
  train.label_smoothing = 0.0;
}

SegmentConfig resolve_segment_config(const SegmentConfig& config) {
  SegmentConfig resolved = config;
  const auto& crop = resolved.augmentation.crop_size;
  resolved.preprocessing.image_size = *std::max_element(crop.begin(), crop.end());
  if (resolved.model.backbone.is_object() && !resolved.model.backbone.contains("image_size")) {
    resolved.model.backbone["image_size"] = resolved.preprocessing.image_size;
  }
  resolved.model = resolve_model_config(resolved.model);
  require_head_task(resolved.model.head, "segmentation", "model.head");
  resolved.train.optimizer = resolve_optimizer_config(resolved.train.optimizer, "train.optimizer");
  return resolved;
}

}  // namespace multipole
