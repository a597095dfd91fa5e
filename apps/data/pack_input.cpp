#include "apps/data/pack_input.h"

#include <memory>

#include "base/error.h"
#include "datasets/layouts/class_list.h"
#include "datasets/segmentation/segmentation_dataset.h"
#include "datasets/sources/all_pictures.h"

namespace multipole {
namespace {

PackInput with_masks(const std::string& data, const DecodeOptions& decode, const MaskSettings& masks) {
  PackInput input;
  input.splits = segmentation_splits(data, masks.layout);
  MaskOptions reading = masks.over({});
  for (size_t split = 0; split < input.splits.size(); ++split) {
    const SegmentationSplitOptions options{.layout = masks.layout, .split = input.splits[split]};
    const auto pictures = open_segmentation_data(data, options, reading, decode);
    reading = pictures->masks();  // splits of one data set are read alike
    input.class_names = class_lines({pictures->class_names(), pictures->palette()});
    for (int64_t i = 0; i < pictures->size(); ++i) {
      input.items.push_back(
          {pictures->image_name(i), -1, static_cast<int64_t>(split), [pictures, i] { return pictures->get(i); }});
    }
  }
  return input;
}

PackInput with_labels(const std::string& data, const SourceOptions& options) {
  const auto source = open_picture_source(data, options);
  if (source->has_label_sets()) {
    throw ConfigError(data + ": packs hold one class a picture, and its column 'labels' gives any number of them; " +
                      "train from the manifest itself");
  }
  AllPictures all = list_all_pictures(*source);
  if (!all.problems.empty()) {
    throw ConfigError(all.problems.front() +
                      (all.problems.size() > 1 ? " (and more: 'multipole data check' lists them)" : ""));
  }
  PackInput input{all.class_names, all.splits, {}};
  for (auto& picture : all.pictures) {
    const PictureItem item = picture.picture;
    input.items.push_back({item.name, picture.label, picture.split, [source, item] { return source->read(item); }});
  }
  return input;
}

}  // namespace

PackInput open_pack_input(const std::string& data, const SourceOptions& options, const MaskSettings& masks) {
  return is_segmentation_data(data) ? with_masks(data, options.decode, masks) : with_labels(data, options);
}

}  // namespace multipole
