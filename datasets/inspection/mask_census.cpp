#include "datasets/inspection/mask_census.h"

#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "base/error.h"
#include "datasets/inspection/near_duplicates.h"

namespace multipole {

namespace {

struct Stopped {};

// A view of a split that keeps what each picture looks like.
class LookKeeper : public Dataset {
 public:
  // Called after each picture, one call at a time; may throw to stop.
  using AfterEach = std::function<void()>;

  LookKeeper(std::shared_ptr<const Dataset> source, AfterEach after_each)
      : source_(std::move(source)), after_each_(std::move(after_each)), looks_(static_cast<size_t>(source_->size())) {
    for (auto& look : looks_) look.is_flat = true;  // until it is read
  }

  int64_t size() const override { return source_->size(); }
  std::string path(int64_t index) const override { return source_->path(index); }
  Sample get(int64_t index) const override {
    {
      const std::lock_guard lock(mutex_);
      after_each_();
    }
    Sample sample = source_->get(index);
    looks_.at(static_cast<size_t>(index)) = look_of(sample.image);
    return sample;
  }
  const std::vector<PictureLook>& looks() const { return looks_; }

 private:
  std::shared_ptr<const Dataset> source_;
  AfterEach after_each_;
  mutable std::vector<PictureLook> looks_;  // each written by the one thread that reads the picture
  mutable std::mutex mutex_;
};

using OpenSplit = std::pair<std::string, std::shared_ptr<const SegmentationDataset>>;

std::vector<OpenSplit> open_splits(const std::filesystem::path& path, const MaskCensusOptions& options,
                                   MaskCensus& census) {
  std::vector<OpenSplit> splits;
  MaskOptions masks = options.masks;
  for (const auto& name : segmentation_splits(path, options.layout)) {
    try {
      const SegmentationSplitOptions split{.layout = options.layout, .split = name};
      splits.emplace_back(name, open_segmentation_data(path, split, masks, options.decode));
      masks = splits.back().second->masks();  // splits of one data set are read alike
    } catch (const ConfigError& error) {
      census.problems.emplace_back(error.what());
    }
  }
  if (splits.empty() && census.problems.empty()) throw ConfigError(path.string() + " has no split of pictures");
  return splits;
}

}  // namespace

int64_t MaskCensus::num_bad() const {
  int64_t count = 0;
  for (const auto& split : splits) count += static_cast<int64_t>(split.census.bad.size());
  return count;
}

bool MaskCensus::lacks_classes() const {
  return !splits.empty() && !splits.front().census.absent_classes(class_names).empty();
}

MaskCensus take_mask_census(const std::filesystem::path& path, const MaskCensusOptions& options,
                            const std::function<void(int64_t, int64_t)>& progress, const std::atomic<bool>* stop) {
  MaskCensus census;
  const auto splits = open_splits(path, options, census);
  int64_t done = 0, total = 0;
  for (const auto& split : splits) total += split.second->size();
  std::set<std::string> unused;
  std::vector<ComparedPicture> compared;
  std::vector<std::string> paths;
  for (const auto& [name, data] : splits) {
    census.class_names = data->class_names();
    for (const auto& mask : data->unused_masks()) unused.insert(mask);
    const LookKeeper keeper(data, [&] {
      progress(++done, total);
      if (stop != nullptr && stop->load()) throw Stopped();
    });
    const auto num_classes = static_cast<int64_t>(census.class_names.size());
    try {
      census.splits.push_back({name, data->description(), take_census(keeper, num_classes, options.num_workers)});
    } catch (const Stopped&) {
      census.complete = false;
      return census;
    }
    for (int64_t i = 0; i < keeper.size(); ++i) {
      compared.push_back({keeper.looks()[static_cast<size_t>(i)], static_cast<int64_t>(census.splits.size())});
      paths.push_back(keeper.path(i));
    }
    for (const auto& look : keeper.looks()) census.num_flat += look.is_flat ? 1 : 0;
    census.num_flat -= static_cast<int64_t>(census.splits.back().census.bad.size());
  }
  census.unused_masks.assign(unused.begin(), unused.end());
  for (const auto& pair : find_near_duplicates(compared)) {
    census.near_duplicates.push_back(
        {paths[static_cast<size_t>(pair.first)], paths[static_cast<size_t>(pair.second)], pair.distance});
  }
  return census;
}

}  // namespace multipole
