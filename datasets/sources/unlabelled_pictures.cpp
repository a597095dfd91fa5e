#include "datasets/sources/unlabelled_pictures.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/checksum.h"
#include "base/error.h"
#include "datasets/pictures/image_files.h"
#include "datasets/pictures/read_picture.h"
#include "datasets/sources/all_pictures.h"
#include "datasets/splits/stratified_split.h"

namespace multipole {
namespace {

// Where pictures come from, and how one is read and called in messages.
struct Pool {
  std::vector<PictureItem> items;
  std::function<Sample(const PictureItem&)> read;
  std::function<std::string(const PictureItem&)> path;
};

Pool pool_of_folder(const std::filesystem::path& folder, const DecodeOptions& decode) {
  Pool pool;
  for (const auto& file : find_image_files(folder).paths) {
    pool.items.push_back({.name = file.lexically_relative(folder).string()});
  }
  pool.path = [folder](const PictureItem& item) { return (folder / item.name).string(); };
  pool.read = [path = pool.path, decode](const PictureItem& item) {
    const std::string file = path(item);
    return Sample{read_picture(file, decode).pixels, -1, {}, file};
  };
  return pool;
}

Pool pool_of_source(const std::shared_ptr<const PictureSource>& source) {
  Pool pool;
  const AllPictures all = list_all_pictures(*source);
  for (const size_t place : pictures_to_split(all)) pool.items.push_back(all.pictures[place].picture);
  pool.path = [source](const PictureItem& item) { return source->path(item); };
  pool.read = [source](const PictureItem& item) { return source->read(item); };
  return pool;
}

class PoolPart : public Dataset {
 public:
  PoolPart(std::shared_ptr<const Pool> pool, std::vector<size_t> places)
      : pool_(std::move(pool)), places_(std::move(places)) {}

  int64_t size() const override { return static_cast<int64_t>(places_.size()); }
  Sample get(int64_t index) const override {
    Sample sample = pool_->read(item(index));
    sample.label = -1;
    return sample;
  }
  std::string path(int64_t index) const override { return pool_->path(item(index)); }

 private:
  const PictureItem& item(int64_t index) const { return pool_->items[places_.at(static_cast<size_t>(index))]; }

  std::shared_ptr<const Pool> pool_;
  std::vector<size_t> places_;
};

}  // namespace

UnlabelledSplits open_unlabelled_pictures(const std::filesystem::path& path, const SourceOptions& options,
                                          double val_fraction, uint64_t seed) {
  auto pool =
      std::make_shared<Pool>(std::filesystem::is_directory(path) ? pool_of_folder(path, options.decode)
                                                                 : pool_of_source(open_picture_source(path, options)));
  std::sort(pool->items.begin(), pool->items.end(),
            [](const PictureItem& a, const PictureItem& b) { return a.name < b.name; });
  const size_t count = pool->items.size();
  if (count < 2) {
    throw ConfigError(
        path.string() + ": " + (count == 0 ? "no picture" : "one picture only") +
        "; a training needs some to learn from and at least one to be measured on (pictures by extension: " +
        image_extension_list() + ")");
  }
  const auto held_out = held_out_part(std::vector<int64_t>(count, 0), val_fraction, seed);
  std::vector<size_t> train, validation;
  Checksum names;
  for (size_t i = 0; i < count; ++i) {
    (held_out[i] ? validation : train).push_back(i);
    names.add(pool->items[i].name.c_str(), pool->items[i].name.size() + 1);
  }
  UnlabelledSplits splits;
  splits.description = path.string() + ": " + std::to_string(train.size()) + " pictures to learn from, " +
                       std::to_string(validation.size()) + " held out by seed " + std::to_string(seed);
  splits.hash = checksum_text(names.value());
  splits.train = std::make_shared<PoolPart>(pool, std::move(train));
  splits.validation = std::make_shared<PoolPart>(pool, std::move(validation));
  return splits;
}

}  // namespace multipole
