// All of a segmentation training, as configs/segment/*.json and a run's config.json hold it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "datasets/augmentation/joint_augmentation.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/training/train_config.h"
#include "heads/losses/segmentation_loss.h"
#include "heads/model/model_config.h"

namespace multipole {

struct SegmentDataConfig {
  std::string layout = "auto";
  std::string train_split = "train";
  std::string val_split = "val";
  double val_fraction = 0.2;
  int64_t split_seed = 0;
  int64_t folds = 0;
  int64_t fold = 1;
  std::optional<bool> reduce_zero_label;
  std::optional<int64_t> ignore_index;
  std::vector<int64_t> ignored_values;
  std::string color_map;
  std::string class_property = "class";
  std::string outside;
  int64_t block = 0;
  int64_t block_gap = 32;
  bool census = true;
  bool allow_truncated = false;
  int64_t max_pixels = 256'000'000;
  std::vector<int64_t> bands;
  int64_t workers = 2;
  int64_t prefetch = 4;
  double cache_gib = 2.0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("layout", self.layout, "how pictures and masks lie: auto, or one of layout_names()");
    field("train_split", self.train_split, "split to train on");
    field("val_split", self.val_split, "split to evaluate on");
    field("val_fraction", self.val_fraction, "share of the pictures to evaluate on where there is no such split");
    field("split_seed", self.split_seed, "which pictures that share is");
    field("folds", self.folds, "above 0: cut all pictures but a test split's into so many folds, one of which is val");
    field("fold", self.fold, "which of the folds is val, from 1");
    field("reduce_zero_label", self.reduce_zero_label,
          "masks store 0 for ignored pixels and classes from 1; null: as the layout has it");
    field("ignore_index", self.ignore_index,
          "stored value of ignored pixels, -1: none; null: 255, unless the masks of two classes hold 0 and 255 alone");
    field("ignored_values", self.ignored_values, "stored values that are ignored beside that one");
    field("color_map", self.color_map, "file that says what the colours of masks mean, gray and palette ones included");
    field("class_property", self.class_property, "property of polygons that says their class");
    field("outside", self.outside, "class of pixels in no polygon, or 'ignore'; empty: background, where there is one");
    field("block", self.block,
          "side in pixels of the blocks of ground that pictures are cut into; 0: chosen where they are very large or "
          "alone, "
          "-1: never");
    field("block_gap", self.block_gap, "pixels beside a block to evaluate on that training leaves out");
    field("census", self.census, "look at every mask before training: values, sizes, pixels of each class");
    field("allow_truncated", self.allow_truncated, "keep what damaged JPEG files still show");
    field("max_pixels", self.max_pixels, "pictures and masks whose header says more pixels are refused");
    field("bands", self.bands,
          "bands of rasters to train on, in this order, from 1; empty: pictures are RGB. What they hold is measured");
    field("workers", self.workers, "threads that decode and augment; 0: the training thread");
    field("prefetch", self.prefetch, "batches made ready ahead of time");
    field("cache_gib", self.cache_gib, "memory for decoded pictures and masks in GiB; 0 is off");
  }
  void validate(const std::string& where) const;
};

struct SegmentConfig {
  ModelConfig model;
  SegmentDataConfig data;
  Preprocessing preprocessing;
  SegmentAugmentationConfig augmentation;
  SegmentationLossConfig loss;
  TrainConfig train;

  // The defaults that differ from classification's: a decoder, small batches, hard labels.
  SegmentConfig();

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("model", self.model, "backbone and head");
    field("data", self.data, "splits, masks and loading");
    field("preprocessing", self.preprocessing, "mean and deviation of the input; pictures keep their size");
    field("augmentation", self.augmentation, "random changes of the training pictures and masks");
    field("loss", self.loss, "what is minimised");
    field("train", self.train, "optimisation");
  }
};

// The config with every default of the model and the optimiser written out. Pictures keep their size, so a model
// without an image_size of its own, and preprocessing.image_size, get the larger side of the crop. Throws ConfigError
// for what no field-by-field check sees.
SegmentConfig resolve_segment_config(const SegmentConfig& config);

}  // namespace multipole
