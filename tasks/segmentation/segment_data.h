// The two splits of pictures with masks as loaders.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/loading/loader.h"
#include "datasets/segmentation/census.h"
#include "datasets/segmentation/segmentation_dataset.h"
#include "tasks/segmentation/segment_config.h"

namespace multipole {

struct SegmentData {
  std::vector<std::string> class_names;
  std::vector<std::vector<int64_t>> palette;  // a colour a class; empty where the data has none
  MaskOptions masks;                          // how the masks are read
  std::shared_ptr<const Dataset> validation_pictures;
  std::optional<SegmentationCensus> train_census;  // where the config wants one
  int64_t train_samples = 0;                       // crops an epoch
  int64_t validation_samples = 0;
  std::unique_ptr<Loader> train;
  std::unique_ptr<Loader> validation;     // one whole picture a batch, since sizes may differ
  torch::Tensor class_weights;            // (num_classes); undefined where every class weighs 1
  std::vector<std::string> descriptions;  // what was taken from where, and the census
  Json fingerprint = Json::object();      // numbers of samples, classes and a hash of paths within the folder
};

// Throws ConfigError where the data has no usable splits, the two have different classes, or class weights cannot be
// had, or where the census finds pixels of one class alone; InputError where the census finds more bad samples than
// train.max_bad allows.
SegmentData open_segment_data(const SegmentConfig& config, const std::filesystem::path& root);

// One split as the config has it; its masks are read by `masks`: mask_options() of the config, or what another split's
// masks() found. Throws ConfigError.
std::shared_ptr<const SegmentationDataset> open_segment_split(const SegmentConfig& config,
                                                              const std::filesystem::path& root,
                                                              const std::string& split, const MaskOptions& masks);

// Puts the bands that data.bands asks for into the config's preprocessing and model (engine/training/data_bands.h);
// returns lines for people. Throws what opening the data throws.
std::vector<std::string> take_segment_bands(SegmentConfig& config, const std::filesystem::path& root);

// The options of the config for one split.
SegmentationSplitOptions split_options(const SegmentDataConfig& config, const std::string& split);
// Throws ConfigError as read_color_map() does.
MaskOptions mask_options(const SegmentDataConfig& config);

// How many crops of this height and width an epoch draws of each sample: one of a picture; of a block of ground as many
// as cover it, at most 16.
int64_t crops_of_each(const SegmentationDataset& train, const std::vector<int64_t>& crop_size);

// Whole pictures with their masks, as evaluation wants them.
SampleTransform keep_sample();

}  // namespace multipole
