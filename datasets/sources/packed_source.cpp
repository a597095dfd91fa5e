#include "datasets/sources/packed_source.h"

#include <algorithm>

#include "base/error.h"
#include "datasets/pictures/mapped_tensor.h"

namespace multipole {

namespace {

int64_t place_of(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) - names.begin();
}

}  // namespace

PackedSource::PackedSource(const std::filesystem::path& file)
    : file_(file), mapping_(std::make_shared<MappedFile>(file)), reader_(mapping_->bytes(), file.string()) {
  records_.resize(std::max<size_t>(1, reader_.split_names().size()));
  for (auto& classes : records_) classes.resize(reader_.class_names().size());
  for (int64_t i = 0; i < reader_.size(); ++i) {
    const PackRecord record = reader_.record(i);
    if (record.label < 0) continue;
    const bool has_splits = !reader_.split_names().empty();
    if (has_splits && record.split < 0) continue;
    records_[has_splits ? record.split : 0][record.label].push_back(i);
  }
}

std::vector<std::string> PackedSource::classes(const std::string& split) const {
  const auto& records = records_.at(split.empty() ? 0 : place_of(reader_.split_names(), split));
  std::vector<std::string> names;
  for (size_t i = 0; i < records.size(); ++i) {
    if (!records[i].empty()) names.push_back(reader_.class_names()[i]);
  }
  if (names.empty()) throw ConfigError(describe_split(split) + ": no labelled pictures");
  return names;
}

PictureListing PackedSource::pictures(const std::string& split, const std::string& class_name) const {
  PictureListing listing;
  const auto& records = records_.at(split.empty() ? 0 : place_of(reader_.split_names(), split));
  for (const int64_t i : records.at(place_of(reader_.class_names(), class_name))) {
    listing.items.push_back({std::string(reader_.record(i).name), i});
  }
  return listing;
}

std::string PackedSource::describe_split(const std::string& split) const {
  return split.empty() ? file_.string() : file_.string() + ", split " + split;
}

Sample PackedSource::read(const PictureItem& item) const {
  const PackRecord record = reader_.checked_record(item.id);
  Sample sample;
  sample.image = mapped_tensor(record.image, {record.height, record.width, 3}, mapping_);
  if (!record.mask.empty()) sample.mask = mapped_tensor(record.mask, {record.height, record.width}, mapping_);
  sample.path = path(item);
  return sample;
}

}  // namespace multipole
