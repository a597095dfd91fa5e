// Batches of a dataset, prepared by threads ahead of time. The batches of an epoch depend on (seed, epoch) and on
// nothing else: any number of workers gives the same ones in the same order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "datasets/augmentation/batch_mix.h"
#include "datasets/batch_stream.h"
#include "datasets/dataset.h"
#include "datasets/loading/batch_builder.h"
#include "datasets/loading/sample_transform.h"
#include "datasets/pictures/preprocessing.h"

namespace multipole {

struct LoaderOptions {
  int64_t batch_size = 128;
  int64_t num_workers = 2;  // 0: the caller's thread does the work inside next()
  int64_t prefetch = 4;     // batches that may be ready or in work ahead of the caller
  bool shuffle = false;
  bool drop_last = false;
  uint64_t seed = 0;
  double max_bad = 1.0;           // share of the dataset that may be unreadable in an epoch; 0: the first one throws
  std::string max_bad_name = {};  // for the message about too many: the setting that this limit is, where it is one
  std::string bad_advice = {};    // and what to do
  double stall_seconds = 600.0;   // next() gives up when no batch came for so long
  BatchMixConfig mix = {};
  // Side in pixels that an epoch's pictures are resized to behind the transform; empty: they stay. Not for masks.
  std::function<int64_t(int64_t epoch)> picture_size = {};
};

class Loader : public BatchStream {
 public:
  Loader(std::shared_ptr<const Dataset> dataset, SampleTransform transform, const Preprocessing& preprocessing,
         LoaderOptions options);
  ~Loader() override;
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // This process takes batch number `share` of every `num_shares` batches in a row. With drop_last all get equally
  // many; ConfigError where the dataset has fewer samples than num_shares * batch_size. Without it every sample is
  // somebody's, and a process may get no batch at all.
  void take_share(int64_t share, int64_t num_shares) override;

  // Without drop_last the last batch may be smaller; a dataset smaller than a batch gives one smaller batch even with
  // drop_last, so no epoch of a lone process is empty.
  int64_t num_batches() const override;

  void start_epoch(int64_t epoch, int64_t first_batch = 0) override;

  // A sample that throws InputError is left out and listed in Batch::bad; InputError once more than max_bad of the
  // dataset were. Any other failure of a sample is thrown here with the sample's path, and ends the epoch.
  // ResourceError when nothing came for stall_seconds, naming the files that were being read.
  std::optional<Batch> next() override;

 private:
  struct Epoch;
  void count_bad(const Batch& batch);
  void stop();

  std::shared_ptr<const BatchBuilder> builder_;
  LoaderOptions options_;
  int64_t share_ = 0, num_shares_ = 1;
  std::shared_ptr<Epoch> epoch_;  // the one under way, shared with its workers
  std::vector<std::thread> workers_;
};

}  // namespace multipole
