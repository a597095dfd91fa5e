#include "engine/training/classify_data.h"

#include <array>
#include <cstdio>

#include "backbone/config/error.h"
#include "datasets/cached_dataset.h"
#include "datasets/image_folder.h"

namespace multipole {

namespace {

// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv): tells data sets apart, no protection against forgery.
class Fingerprint {
 public:
  void add(const std::string& text) {
    for (const unsigned char byte : text) mix(byte);
    mix(0);
  }
  std::string hex() const {
    std::array<char, 17> text = {};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash_));
    return text.data();
  }

 private:
  void mix(uint64_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  uint64_t hash_ = 0xcbf29ce484222325;
};

std::string content_hash(const ImageFolder& split, const std::filesystem::path& root) {
  Fingerprint fingerprint;
  for (int64_t i = 0; i < split.size(); ++i) {
    // within the folder, so that a moved one is still the same data
    fingerprint.add(std::filesystem::path(split.path(i)).lexically_relative(root).string());
    fingerprint.add(std::to_string(split.label(i)));
  }
  return fingerprint.hex();
}

std::shared_ptr<const Dataset> with_cache(std::shared_ptr<const Dataset> source, double gib) {
  const auto bytes = static_cast<int64_t>(gib * 1024 * 1024 * 1024);
  return bytes > 0 ? std::make_shared<CachedDataset>(std::move(source), bytes) : source;
}

LoaderOptions loader_options(const ClassifyConfig& config) {
  LoaderOptions options;
  options.batch_size = config.train.batch_size;
  options.num_workers = config.data.workers;
  options.prefetch = config.data.prefetch;
  options.seed = static_cast<uint64_t>(config.train.seed);
  options.max_bad = config.train.max_bad;
  return options;
}

}  // namespace

ClassifyData open_classify_data(const ClassifyConfig& config, const std::filesystem::path& root) {
  DecodeOptions decode;
  decode.allow_truncated = config.data.allow_truncated;
  FolderSplitOptions split;
  split.split = config.data.train_split;
  split.val_fraction = config.data.val_fraction;
  split.split_seed = static_cast<uint64_t>(config.data.split_seed);
  const auto train = std::make_shared<ImageFolder>(root, split, decode);
  split.split = config.data.val_split;
  split.class_names = train->class_names();
  const auto validation = std::make_shared<ImageFolder>(root, split, decode);
  if (train->class_names().size() < 2) {
    throw ConfigError(root.string() + " has one class only; a classifier needs at least two to tell apart");
  }
  if (validation->size() == 0) {
    throw ConfigError(root.string() + " has no picture in the split '" + config.data.val_split +
                      "'; training needs some to evaluate on");
  }

  ClassifyData data;
  data.class_names = train->class_names();
  data.train_samples = train->size();
  data.validation_samples = validation->size();
  data.descriptions = {train->description(), validation->description()};
  data.fingerprint = {{"classes", data.class_names},
                      {"train", {{"samples", train->size()}, {"hash", content_hash(*train, root)}}},
                      {"validation", {{"samples", validation->size()}, {"hash", content_hash(*validation, root)}}}};

  LoaderOptions options = loader_options(config);
  const double train_share =
      static_cast<double>(train->size()) / static_cast<double>(train->size() + validation->size());
  data.validation = std::make_unique<Loader>(with_cache(validation, config.data.cache_gib * (1 - train_share)),
                                             make_eval_transform(config.preprocessing), config.preprocessing, options);
  options.shuffle = true;
  options.drop_last = true;
  options.mix = config.augmentation.mix;
  data.train = std::make_unique<Loader>(with_cache(train, config.data.cache_gib * train_share),
                                        make_train_transform(config.augmentation, config.preprocessing),
                                        config.preprocessing, options);
  return data;
}

}  // namespace multipole
