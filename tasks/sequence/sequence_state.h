// What a language model's training goes on from, in the files of every training (engine/files/train_state.h).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "backbone/families/sequence/sequence_model.h"
#include "engine/files/run_folder.h"
#include "engine/files/train_state.h"
#include "engine/optimizers/optimizer.h"
#include "tasks/sequence/byte_text.h"

namespace multipole {

struct SequenceResume {
  bool force = false;  // go on although config or text changed
  std::function<void(const std::string&)> say = [](const std::string&) {};
};

class SequenceState {
 public:
  // `config` is resolved. All of it outlives this.
  SequenceState(const RunFolder& run, const Json& config, const ByteText& text);

  // The saved state, compared with the config and text as check_state() does; more steps extend the run, which is said.
  // Nothing for a new folder. Throws ConfigError where the folder holds a run that this one does not go on with.
  std::optional<TrainState> find(const SequenceResume& resume) const;

  void save(const SequenceModel& model, const Optimizer& optimizer, const TrainProgress& progress) const;
  // Throws ModelFileError where the state does not fit.
  static void restore(const TrainState& state, const SequenceModel& model, const Optimizer& optimizer);

 private:
  TrainState identity() const;

  const RunFolder& run_;
  const Json& config_;
  const ByteText& text_;
};

}  // namespace multipole
