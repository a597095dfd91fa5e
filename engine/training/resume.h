// Finds the state that a run goes on from, and says why one cannot be used.
#pragma once

#include <filesystem>
#include <optional>

#include "base/json.h"
#include "engine/files/run_folder.h"
#include "engine/files/train_state.h"
#include "engine/observers/train_observer.h"
#include "engine/training/extension.h"

namespace multipole {

enum class ResumeMode {
  kAuto,   // continue the run in the folder where it holds one, else start
  kNever,  // start; refuses a folder that already holds a run
  kPath,   // continue from the state in another run folder
};

struct ResumeOptions {
  ResumeMode mode = ResumeMode::kAuto;
  std::filesystem::path path;  // the other run folder, for kPath
  bool force = false;          // go on although config or data changed

  // Where the weights of a new run start from (weight_init.h); the head of other classes starts fresh.
  std::optional<std::filesystem::path> init_weights;
  // New names for the weights of a file that another program wrote (key_map.h).
  std::optional<std::filesystem::path> init_key_map;
};

// The state to go on from, or nothing for a new run. Throws ConfigError where the mode does not fit what the folder
// holds, ModelFileError where no state of it can be read.
std::optional<TrainState> find_state(const RunFolder& run, const ResumeOptions& options, TrainObserver& observer);

// Compares `state` with what is about to go on from it. A greater length (the whole number that the JSON pointer
// `length` points to, in the config) extends the run and is what is returned. Throws ConfigError that names every other
// difference of config or data, unless `force` turns it into a message; a difference of the build is a message. Values
// that change nothing that is computed (workers, logging, saving) may differ.
std::optional<Extension> check_state(const TrainState& state, const TrainState& now, bool force,
                                     TrainObserver& observer, const char* length);

}  // namespace multipole
