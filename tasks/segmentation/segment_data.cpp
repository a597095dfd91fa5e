#include "tasks/segmentation/segment_data.h"

#include <algorithm>

#include "base/error.h"
#include "datasets/loading/cached_dataset.h"
#include "datasets/loading/repeated_dataset.h"
#include "engine/training/data_bands.h"
#include "engine/training/data_loading.h"
#include "tasks/segmentation/class_weights.h"

namespace multipole {

namespace {

// Of the names within the data, so that what is moved is still the same.
std::string content_hash(const SegmentationDataset& split) {
  ContentHash hash;
  for (int64_t i = 0; i < split.size(); ++i) {
    hash.add(split.image_name(i));
    hash.add(split.mask_name(i));
  }
  return hash.hex();
}

// Of one class alone nothing can be learned, and every answer would score 100%.
void check_classes_differ(const SegmentationCensus& census, const std::string& split,
                          const std::vector<std::string>& class_names) {
  const auto present = census.present_classes();
  if (census.samples == 0 || present.size() > 1) return;
  const std::string seen =
      present.empty() ? "no pixel of any class" : "pixels of '" + class_names.at(present[0]) + "' alone";
  throw ConfigError("the masks of the split '" + split + "' hold " + seen +
                    (census.ignored_pixels > 0 ? ", the others are ignored" : "") +
                    ": there is nothing to tell apart; see data.ignore_index and data.color_map, which say what their "
                    "values mean, and data.split_seed and data.val_fraction where the split was cut");
}

SegmentationCensus take_checked_census(const Dataset& split, const std::string& split_name,
                                       const std::vector<std::string>& class_names, const SegmentConfig& config,
                                       std::vector<std::string>& descriptions) {
  auto census = take_census(split, static_cast<int64_t>(class_names.size()), config.data.workers);
  for (auto& line : census.report(class_names)) descriptions.push_back(std::move(line));
  const auto allowed = static_cast<size_t>(config.train.max_bad * static_cast<double>(split.size()));
  if (census.bad.size() > allowed) {
    throw InputError(std::to_string(census.bad.size()) + " of " + std::to_string(split.size()) +
                     " pictures or masks are unusable, and train.max_bad=" + Json(config.train.max_bad).dump() +
                     " allows " + std::to_string(allowed) + "; first: " + census.bad.front().reason);
  }
  check_classes_differ(census, split_name, class_names);
  return census;
}

}  // namespace

SegmentationSplitOptions split_options(const SegmentDataConfig& config, const std::string& split) {
  SegmentationSplitOptions options;
  options.layout = config.layout;
  options.split = split;
  options.val_fraction = config.val_fraction;
  options.split_seed = static_cast<uint64_t>(config.split_seed);
  options.folds = config.folds;
  options.fold = config.fold;
  options.block = config.block;
  options.block_gap = config.block_gap;
  return options;
}

MaskOptions mask_options(const SegmentDataConfig& config) {
  return {.reduce_zero_label = config.reduce_zero_label,
          .ignore_index = config.ignore_index,
          .ignored_values = config.ignored_values,
          .color_map = config.color_map.empty() ? ColorMap() : read_color_map(config.color_map),
          .class_property = config.class_property,
          .outside = config.outside};
}

int64_t crops_of_each(const SegmentationDataset& train, const std::vector<int64_t>& crop_size) {
  constexpr int64_t kMost = 16;
  const int64_t crop = std::max<int64_t>(1, crop_size.at(0) * crop_size.at(1));
  return std::clamp<int64_t>((train.block_pixels() + crop / 2) / crop, 1, kMost);
}

SampleTransform keep_sample() {
  return [](const Sample& sample, SampleRandom&) { return sample; };
}

std::shared_ptr<const SegmentationDataset> open_segment_split(const SegmentConfig& config,
                                                              const std::filesystem::path& root,
                                                              const std::string& split, const MaskOptions& masks) {
  DecodeOptions decode;
  decode.allow_truncated = config.data.allow_truncated;
  decode.max_pixels = config.data.max_pixels;
  decode.max_streamed_pixels = std::max(decode.max_streamed_pixels, config.data.max_pixels);
  decode.bands = data_bands(config.data.bands, config.preprocessing);
  return open_segmentation_data(root, split_options(config.data, split), masks, decode);
}

std::vector<std::string> take_segment_bands(SegmentConfig& config, const std::filesystem::path& root) {
  BandQuestion question{.bands = config.data.bands, .pictures = {}};
  question.pictures = [&] {
    const auto train = open_segment_split(config, root, config.data.train_split, mask_options(config.data));
    return train->pictures();
  };
  question.decode.max_streamed_pixels = std::max(question.decode.max_streamed_pixels, config.data.max_pixels);
  question.seed = static_cast<uint64_t>(config.train.seed);
  question.workers = config.data.workers;
  return take_bands(question, config.preprocessing, config.model.backbone);
}

SegmentData open_segment_data(const SegmentConfig& config, const std::filesystem::path& root) {
  const auto train = open_segment_split(config, root, config.data.train_split, mask_options(config.data));
  const auto validation = open_segment_split(config, root, config.data.val_split, train->masks());
  SegmentData data;
  data.class_names = train->class_names();
  data.palette = train->palette();
  data.masks = train->masks();
  data.validation_pictures = validation;
  const int64_t crops = crops_of_each(*train, config.augmentation.crop_size);
  data.train_samples = train->size() * crops;
  data.validation_samples = validation->size();
  data.descriptions = {train->description(), validation->description()};
  if (crops > 1) data.descriptions.push_back("an epoch draws " + std::to_string(crops) + " crops of each block");
  data.fingerprint = {{"classes", data.class_names},
                      {"train", {{"samples", train->size()}, {"hash", content_hash(*train)}}},
                      {"validation", {{"samples", validation->size()}, {"hash", content_hash(*validation)}}}};

  const double train_share =
      static_cast<double>(train->size()) / static_cast<double>(train->size() + validation->size());
  const double cache_gib = train->is_decoded() ? 0 : config.data.cache_gib;
  const auto cached_train = with_cache(train, cache_gib * train_share);
  const auto cached_validation = with_cache(validation, cache_gib * (1 - train_share));
  std::vector<int64_t> class_pixels;
  if (config.data.census) {
    // what fits into the caches is decoded once for the census and for training
    data.train_census =
        take_checked_census(*cached_train, config.data.train_split, data.class_names, config, data.descriptions);
    class_pixels = data.train_census->class_pixels;
    take_checked_census(*cached_validation, config.data.val_split, data.class_names, config, data.descriptions);
  }
  data.class_weights = class_weights_for(config.loss.class_weights, data.class_names, class_pixels);

  LoaderOptions options;
  options.num_workers = config.data.workers;
  options.prefetch = config.data.prefetch;
  options.seed = static_cast<uint64_t>(config.train.seed);
  limit_bad_pictures(options, config.train);
  options.batch_size = 1;
  data.validation = std::make_unique<Loader>(cached_validation, keep_sample(), config.preprocessing, options);
  options.batch_size = config.train.batch_size;
  options.shuffle = true;
  options.drop_last = true;
  const auto drawn = crops > 1 ? std::make_shared<RepeatedDataset>(cached_train, crops) : cached_train;
  data.train = std::make_unique<Loader>(drawn, JointAugmentation(config.augmentation, config.preprocessing),
                                        config.preprocessing, options);
  return data;
}

}  // namespace multipole
