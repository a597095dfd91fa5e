#include "datasets/inspection/data_census.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/error.h"
#include "base/ordered_parallel.h"
#include "datasets/formats/label_set.h"

namespace multipole {

namespace {

// What is kept of a picture.
struct Finding {
  PictureLook look;
  int64_t height = 0, width = 0;
  Sample told;         // its path and notes alone
  std::string reason;  // why it cannot be read; empty where it can
};

Finding examine(const PictureSource& source, const PictureItem& item) {
  Finding finding;
  try {
    const Sample sample = source.read(item);
    finding.height = sample.image.size(0);
    finding.width = sample.image.size(1);
    finding.look = look_of(sample.image);
    finding.told.path = sample.path;
    finding.told.notes = sample.notes;
  } catch (const InputError& error) {
    finding.reason = error.what();
  }
  return finding;
}

// The classes of every label, as places in the census's class_names, which this fills in.
std::vector<std::vector<size_t>> classes_of_labels(DataCensus& census) {
  const auto& names = census.data.class_names;
  census.class_names = census.data.has_label_sets ? classes_of_sets(names) : names;
  std::vector<std::vector<size_t>> members(names.size());
  for (size_t label = 0; label < names.size(); ++label) {
    if (!census.data.has_label_sets) {
      members[label] = {label};
      continue;
    }
    for (const auto& name : classes_of_set(names[label])) {
      const auto place = std::lower_bound(census.class_names.begin(), census.class_names.end(), name);
      members[label].push_back(static_cast<size_t>(place - census.class_names.begin()));
    }
  }
  return members;
}

void count(DataCensus& census, const AnyPicture& picture, const std::vector<size_t>& classes, const Finding& finding) {
  auto& counts = census.class_counts[static_cast<size_t>(std::max<int64_t>(0, picture.split))];
  for (const size_t place : classes) ++counts[place];
  census.num_without_class += classes.empty() ? 1 : 0;
  ++census.sizes[{finding.height, finding.width}];
  const auto side = static_cast<uint64_t>(std::min(finding.height, finding.width));
  ++census.short_sides[static_cast<int64_t>(std::bit_floor(side))];
  census.num_flat += finding.look.is_flat ? 1 : 0;
}

}  // namespace

DataCensus take_census(const PictureSource& source, int64_t num_workers,
                       const std::function<void(int64_t, int64_t)>& progress, const std::atomic<bool>* stop) {
  DataCensus census;
  census.data = list_all_pictures(source);
  const auto& pictures = census.data.pictures;
  const auto total = static_cast<int64_t>(pictures.size());
  const auto classes = classes_of_labels(census);
  census.class_counts.assign(std::max<size_t>(1, census.data.splits.size()),
                             std::vector<int64_t>(census.class_names.size(), 0));
  std::vector<ComparedPicture> compared(pictures.size());
  ordered_parallel<Finding>(
      total, num_workers, [&](int64_t index) { return examine(source, pictures[static_cast<size_t>(index)].picture); },
      [&](int64_t index, Finding finding) {
        const AnyPicture& picture = pictures[static_cast<size_t>(index)];
        ComparedPicture& entry = compared[static_cast<size_t>(index)];
        entry.look = finding.look;
        // without splits every picture stands for itself
        entry.split = picture.split >= 0 ? picture.split : index;
        if (finding.reason.empty()) {
          count(census, picture, classes[static_cast<size_t>(picture.label)], finding);
          census.notes.add(index, finding.told);
        } else {
          entry.look.is_flat = true;
          census.bad.push_back({index, source.path(picture.picture), finding.reason});
        }
        progress(index + 1, total);
        census.complete = stop == nullptr || !stop->load();
        return census.complete;
      });
  if (census.complete) census.near_duplicates = find_near_duplicates(compared);
  return census;
}

}  // namespace multipole
