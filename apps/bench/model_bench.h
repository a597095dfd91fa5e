// Measures whole models on random pictures: presets, image sizes, precisions, and what carries out their attention.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/bench/timing.h"

namespace multipole {

struct ModelBenchConfig {
  std::vector<std::string> presets = {"multipole_tiny"};  // or model files; those that train are classifiers
  std::vector<int64_t> image_sizes = {224};
  std::vector<int64_t> batch_sizes = {8};
  std::vector<std::string> precisions = {"float32", "bfloat16"};
  std::vector<std::string> attentions = {"fused", "reference", "full"};
  std::vector<std::string> passes = {"inference", "train"};
  std::string optimizer = "adamw", device = "cpu";
  int64_t num_classes = 1000;
  double seconds = 3;       // to repeat a call for
  double max_seconds = 60;  // a call expected to take longer is left out
};

struct ModelCase {
  std::string preset, precision, attention, pass;
  int64_t image_size = 0, batch_size = 0;

  // All but the amount of work: what a smaller run's time can be carried over to.
  std::string kind() const { return preset + " " + precision + " " + attention + " " + pass; }
};

struct ModelRow {
  ModelCase what;
  std::string skipped;  // why there are no figures; empty where there are
  Timing timing;
  double images_a_second = 0;
  std::optional<double> extra_bytes;  // the most memory beyond weights and pictures; on the CPU
};

// Whether it names a model file and no preset.
bool names_model_file(const std::string& preset);

// The words that each list of the config may hold.
const std::vector<std::string>& bench_attentions();  // fused, reference, full
const std::vector<std::string>& bench_passes();      // inference, features, train

class ModelBench {
 public:
  explicit ModelBench(const ModelBenchConfig& config) : config_(config) {}

  // Runs everything; `show` is called with each row when it is there. Throws ConfigError for an unknown preset and
  // ModelFileError for a file that is no model.
  std::vector<ModelRow> run(const std::function<void(const ModelRow&)>& show);

 private:
  ModelRow measure(const ModelCase& what);
  double expected_seconds(const ModelCase& what) const;

  ModelBenchConfig config_;
  std::map<std::string, ModelRow> last_;  // by kind: the last size that was measured
};

}  // namespace multipole
