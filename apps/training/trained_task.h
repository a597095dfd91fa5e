// What the command `train` needs of a task. All else is the same for every task (train_command.h).
#pragma once

#include <CLI/CLI.hpp>
#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/arguments/run_settings.h"
#include "base/json.h"
#include "engine/files/model_file.h"
#include "engine/observers/train_observer.h"
#include "engine/training/lr_range_test.h"
#include "engine/training/resume.h"
#include "engine/training/step_timing.h"
#include "engine/training/train_result.h"

namespace multipole {

// What a choice can go by besides the settings.
struct TrainContext {
  std::filesystem::path data;
  Json given;                         // the user's own settings, before anything was put below them
  std::optional<ModelMetadata> init;  // of --init, where that is a model file
  std::optional<Json> earlier;        // the config of the run that goes on: what was chosen for it stays
  // Where several processes train together each would measure another speed, and choose otherwise.
  bool may_measure = true;
};

class TrainedTask {
 public:
  virtual ~TrainedTask() = default;

  virtual RecipeBook recipes() const = 0;
  virtual const char* data_help() const = 0;
  // Options of the task alone, and what they say as settings.
  virtual void add_options(CLI::App& command) = 0;
  virtual void put_options(Json& settings) const = 0;

  // Sets what `settings` leave open and the data or the machine answer. Returns one line a choice.
  virtual std::vector<std::string> fit(Json& settings, const TrainContext& context) const = 0;
  // The same by the recipe for so many minutes: all that is left open.
  virtual std::vector<std::string> apply_recipe(Json& settings, const TrainContext& context, double minutes) const = 0;

  virtual TrainResult train(const Json& settings, const std::filesystem::path& data, const std::filesystem::path& out,
                            TrainObserver& observer, const ResumeOptions& resume,
                            const std::atomic<bool>* stop) const = 0;
  virtual LrRange test_learning_rates(const Json& settings, const std::filesystem::path& data,
                                      const LrRangeOptions& options, TrainObserver& observer,
                                      const ResumeOptions& start, const std::atomic<bool>* stop) const = 0;
  virtual StepTiming time_steps(const Json& settings, const std::filesystem::path& data,
                                const StepTimingOptions& options) const = 0;
  // "top-1" for the score_name of a result.
  virtual std::string score_words(const std::string& score_name) const = 0;
};

}  // namespace multipole
