// Measures loaders alone, with no model behind them: decoding, augmentation, normalisation and stacking by threads.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace multipole {

struct DataBenchConfig {
  std::vector<std::string> data;  // whatever training reads: folders, archives, manifests, packs
  std::string split = "train";
  std::vector<std::string> transforms = {"train"};
  std::vector<int64_t> workers = {0, 2};
  int64_t batch_size = 64;
  int64_t image_size = 224;
  int64_t rounds = 3;
  double seconds = 1;  // a round of a case
};

struct DataCase {
  std::string data, transform;
  int64_t workers = 0;
};

struct DataRow {
  DataCase what;
  int64_t pictures = 0;           // of the split
  double best_images = 0;         // a second, in the fastest round
  double median_images = 0;       // a second
  double best_bytes = 0;          // decoded pixels (3 bytes each) a second, in the fastest round
  double speedup_over_first = 1;  // over the first data of the list with the same transform and workers
};

// The words of the config's transforms: train (augmentation's defaults), eval (resize and crop).
const std::vector<std::string>& bench_transforms();

// All cases in turn, and that `rounds` times, so that a machine whose load changes changes it for all of them alike.
// `show` is called with the number of rounds done. Throws ConfigError where data has no such split, InputError for a
// picture that cannot be read.
std::vector<DataRow> run_data_bench(const DataBenchConfig& config, const std::function<void(int64_t)>& show);

}  // namespace multipole
