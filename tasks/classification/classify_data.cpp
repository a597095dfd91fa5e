#include "tasks/classification/classify_data.h"

#include <utility>

#include "base/error.h"
#include "datasets/formats/label_set.h"
#include "datasets/loading/balanced_dataset.h"
#include "datasets/sources/label_targets.h"
#include "datasets/sources/labelled_pictures.h"
#include "engine/training/data_bands.h"
#include "engine/training/data_loading.h"

namespace multipole {

namespace {

std::string content_hash(const LabelledPictures& split) {
  ContentHash hash;
  for (int64_t i = 0; i < split.size(); ++i) {
    // within the data, so that moved data is still the same
    hash.add(split.name(i));
    const int64_t label = split.label(i);
    // a set by its classes: its place says nothing of them
    hash.add(split.has_label_sets() ? split.class_names()[static_cast<size_t>(label)] : std::to_string(label));
  }
  return hash.hex();
}

// Pictures that are stored decoded need no cache.
std::shared_ptr<const Dataset> cached(std::shared_ptr<const LabelledPictures> source, double gib) {
  return source->is_decoded() ? source : with_cache(std::move(source), gib);
}

LoaderOptions loader_options(const ClassifyConfig& config) {
  LoaderOptions options;
  options.batch_size = config.train.batch_size;
  options.num_workers = config.data.workers;
  options.prefetch = config.data.prefetch;
  options.seed = static_cast<uint64_t>(config.train.seed);
  limit_bad_pictures(options, config.train);
  return options;
}

// What training needs of the classes.
void check_classes(const ClassifyConfig& config, const std::filesystem::path& path, const LabelledPictures& train) {
  if (!train.has_label_sets()) {
    if (train.class_names().size() >= 2) return;
    throw ConfigError(path.string() + " has one class only; a classifier needs at least two to tell apart");
  }
  if (classes_of_sets(train.class_names()).empty()) {
    throw ConfigError(path.string() + ": no picture of the training split shows any class");
  }
  if (config.data.balance > 0) {
    throw ConfigError(path.string() +
                      ": data.balance shows pictures of rare classes more often, and here a picture has " +
                      "several classes; objective.class_weights=balanced weighs rare classes instead");
  }
}

}  // namespace

SplitOptions split_options(const DataConfig& config, const std::string& split) {
  SplitOptions options;
  options.split = split;
  options.val_fraction = config.val_fraction;
  options.split_seed = static_cast<uint64_t>(config.split_seed);
  options.folds = config.folds;
  options.fold = config.fold;
  return options;
}

std::vector<std::string> take_classify_bands(ClassifyConfig& config, const std::filesystem::path& path) {
  BandQuestion question{.bands = config.data.bands, .pictures = {}};
  question.pictures = [&] {
    const LabelledPictures train(path, split_options(config.data, config.data.train_split),
                                 source_options(config.data));
    std::vector<std::filesystem::path> paths;
    for (int64_t i = 0; i < train.size(); ++i) paths.emplace_back(train.path(i));
    return paths;
  };
  question.decode.max_streamed_pixels = config.data.max_pixels;
  question.seed = static_cast<uint64_t>(config.train.seed);
  question.workers = config.data.workers;
  return take_bands(question, config.preprocessing, config.model.backbone);
}

ClassifyData open_classify_data(const ClassifyConfig& config, const std::filesystem::path& path) {
  SourceOptions reading = source_options(config.data);
  reading.decode.bands = data_bands(config.data.bands, config.preprocessing);
  const auto source = open_picture_source(path, reading);
  const auto train = std::make_shared<LabelledPictures>(source, split_options(config.data, config.data.train_split));
  SplitOptions held_out = split_options(config.data, config.data.val_split);
  held_out.class_names = train->class_names();
  const auto validation = std::make_shared<LabelledPictures>(source, held_out);
  check_classes(config, path, *train);
  if (validation->size() == 0) {
    throw ConfigError(path.string() + " has no picture in the split '" + config.data.val_split +
                      "'; training needs some to evaluate on");
  }

  ClassifyData data;
  data.class_names = train->class_names();
  if (train->has_label_sets()) {
    data.class_names = classes_of_sets(train->class_names());
    // validation has train's sets in their order, and then its own
    data.label_sets = label_set_targets(validation->class_names(), data.class_names, validation->description());
  }
  data.train_pictures = train;
  data.validation_pictures = validation;
  for (int64_t i = 0; i < train->size(); ++i) data.train_labels.push_back(train->label(i));
  data.train_samples = train->size();
  data.validation_samples = validation->size();
  if (!source->note().empty()) data.descriptions.push_back(source->note());
  for (const auto& split : {train, validation}) data.descriptions.push_back(split->description());
  data.descriptions.push_back(class_counts_text(data.class_names, train_class_occurrences(data)));
  data.fingerprint = {{"classes", data.class_names},
                      {"train", {{"samples", train->size()}, {"hash", content_hash(*train)}}},
                      {"validation", {{"samples", validation->size()}, {"hash", content_hash(*validation)}}}};

  LoaderOptions options = loader_options(config);
  const double train_share =
      static_cast<double>(train->size()) / static_cast<double>(train->size() + validation->size());
  data.validation = std::make_unique<Loader>(cached(validation, config.data.cache_gib * (1 - train_share)),
                                             make_eval_transform(config.preprocessing), config.preprocessing, options);
  options.shuffle = true;
  options.drop_last = true;
  options.mix = config.augmentation.mix;
  if (config.resolution.is_on()) {
    options.picture_size = [schedule = config.resolution, full = config.preprocessing.image_size,
                            epochs = config.train.epochs](int64_t epoch) {
      return picture_size(schedule, full, epoch, epochs);
    };
  }
  auto shown = cached(train, config.data.cache_gib * train_share);
  if (config.data.balance > 0) {
    shown = std::make_shared<BalancedDataset>(std::move(shown), data.train_labels, config.data.balance);
  }
  data.train = std::make_unique<Loader>(
      std::move(shown), make_train_transform(config.augmentation, config.preprocessing), config.preprocessing, options);
  return data;
}

std::vector<int64_t> train_class_occurrences(const ClassifyData& data) {
  return data.label_sets.defined() ? class_occurrences(data.train_labels, data.label_sets) : data.train_labels;
}

}  // namespace multipole
