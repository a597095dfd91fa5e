#include "apps/bench/data_bench.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

#include "datasets/loading/loader.h"
#include "datasets/sources/labelled_pictures.h"
#include "engine/bench/timing.h"

namespace multipole {
namespace {

// Knows how large the pictures are that went through it.
class CountingDataset : public Dataset {
 public:
  explicit CountingDataset(std::shared_ptr<const Dataset> source) : source_(std::move(source)) {}
  int64_t size() const override { return source_->size(); }
  std::string path(int64_t index) const override { return source_->path(index); }
  Sample get(int64_t index) const override {
    Sample sample = source_->get(index);
    bytes_ += sample.image.numel();
    ++reads_;
    return sample;
  }
  double mean_bytes() const { return static_cast<double>(bytes_) / static_cast<double>(reads_); }

 private:
  std::shared_ptr<const Dataset> source_;
  mutable std::atomic<int64_t> bytes_ = 0, reads_ = 0;
};

struct Rate {
  double images = 0, bytes = 0;  // a second
};

// A case with its loader, ready for the next round.
class DataCall {
 public:
  DataCall(const DataCase& what, const DataBenchConfig& config)
      : pictures_(std::make_shared<const CountingDataset>(
            std::make_shared<const LabelledPictures>(what.data, SplitOptions{.split = config.split}))),
        loader_(make_loader(what, config)) {}

  int64_t num_pictures() const { return pictures_->size(); }

  Rate run(double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    int64_t images = 0;
    double elapsed = 0;
    loader_->start_epoch(epoch_++);
    while (elapsed < seconds) {
      if (const auto batch = loader_->next()) {
        images += batch->size();
      } else {
        loader_->start_epoch(epoch_++);
      }
      elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    }
    loader_->start_epoch(epoch_, loader_->num_batches());  // ends the threads, which read ahead
    const double rate = static_cast<double>(images) / elapsed;
    return {rate, rate * pictures_->mean_bytes()};
  }

 private:
  std::unique_ptr<Loader> make_loader(const DataCase& what, const DataBenchConfig& config) const {
    Preprocessing preprocessing;
    preprocessing.image_size = config.image_size;
    LoaderOptions options;
    options.batch_size = config.batch_size;
    options.num_workers = what.workers;
    options.shuffle = true;
    options.max_bad = 0;
    const auto transform = what.transform == "train" ? make_train_transform(AugmentationConfig(), preprocessing)
                                                     : make_eval_transform(preprocessing);
    return std::make_unique<Loader>(pictures_, transform, preprocessing, options);
  }

  std::shared_ptr<const CountingDataset> pictures_;
  std::unique_ptr<Loader> loader_;
  int64_t epoch_ = 0;
};

std::vector<DataCase> cases_of(const DataBenchConfig& config) {
  std::vector<DataCase> cases;
  for (const auto& transform : config.transforms) {
    for (const int64_t workers : config.workers) {
      for (const auto& data : config.data) cases.push_back({data, transform, workers});
    }
  }
  return cases;
}

}  // namespace

const std::vector<std::string>& bench_transforms() {
  static const std::vector<std::string> names = {"train", "eval"};
  return names;
}

std::vector<DataRow> run_data_bench(const DataBenchConfig& config, const std::function<void(int64_t)>& show) {
  std::vector<DataRow> rows;
  std::vector<std::unique_ptr<DataCall>> calls;
  for (const auto& what : cases_of(config)) {
    calls.push_back(std::make_unique<DataCall>(what, config));
    rows.push_back({what, calls.back()->num_pictures()});
  }
  std::vector<std::vector<double>> images(rows.size());
  for (int64_t round = 0; round < config.rounds; ++round) {
    for (size_t i = 0; i < rows.size(); ++i) {
      const Rate rate = calls[i]->run(config.seconds);
      images[i].push_back(rate.images);
      if (rate.images <= rows[i].best_images) continue;
      rows[i].best_images = rate.images;
      rows[i].best_bytes = rate.bytes;
    }
    show(round + 1);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t first = i / config.data.size() * config.data.size();
    rows[i].median_images = median(images[i]);
    rows[i].speedup_over_first = rows[i].best_images / rows[first].best_images;
  }
  return rows;
}

}  // namespace multipole
