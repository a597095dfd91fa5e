// Everything to resume a run, as one file of safetensors: RUN/last/state-<step>.safetensors. The two newest are kept,
// so that one is whole whatever happens while the other is written.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"

namespace multipole {

// Where a run stands. A window is the batches of one optimiser step.
struct TrainProgress {
  int64_t epoch = 0;
  int64_t batch = 0;  // batches of the epoch that are done
  int64_t step = 0;   // windows that are done in the run
  int64_t skipped_steps = 0;
  int64_t skipped_in_a_row = 0;
  int64_t bad_samples = 0;
  std::optional<double> best_score;
  int64_t best_epoch = -1;
  std::optional<double> flops;  // of the steps so far; none where they are not counted
  // of the epoch under way
  double epoch_loss = 0;  // sum over its updates
  int64_t epoch_updates = 0;
  int64_t epoch_bad_samples = 0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("epoch", self.epoch, "");
    field("batch", self.batch, "");
    field("step", self.step, "");
    field("skipped_steps", self.skipped_steps, "");
    field("skipped_in_a_row", self.skipped_in_a_row, "");
    field("bad_samples", self.bad_samples, "");
    field("best_score", self.best_score, "");
    field("best_epoch", self.best_epoch, "");
    field("flops", self.flops, "");
    field("epoch_loss", self.epoch_loss, "");
    field("epoch_updates", self.epoch_updates, "");
    field("epoch_bad_samples", self.epoch_bad_samples, "");
  }
};

struct TrainState {
  TrainProgress progress;
  std::map<std::string, torch::Tensor> tensors;  // model.*, ema.*, optimizer.*, rng.*
  Json config = Json::object();                  // resolved
  Json data = Json::object();                    // what the data was: data_fingerprint()
  Json build = Json::object();                   // what computed it: build_description()
};

// Compiler, library version, torch's version and the number of threads: where all are equal, a resumed run computes the
// same bits as one that was never stopped.
Json build_description();

// Writes the state, then removes all but the two newest. Throws ResourceError where the disk fails.
void save_train_state(const std::filesystem::path& folder, const TrainState& state);

// The newest state that can be read; nothing where the folder holds none. A damaged one is passed over with a sentence
// to `report`; throws ModelFileError where all are damaged.
std::optional<TrainState> load_train_state(const std::filesystem::path& folder,
                                           const std::function<void(const std::string&)>& report);

// "train.epochs: 30, now 60" for every value that differs and every key that only one of the two has.
std::vector<std::string> json_differences(const Json& before, const Json& now);

}  // namespace multipole
