// Trains every variant with every seed by the same recipe and measures what each costs.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "engine/observers/train_observer.h"
#include "engine/study/study_result.h"
#include "tasks/study/study_config.h"

namespace multipole {

// Who watches a study. All calls come from the thread that runs it.
struct StudyWatcher {
  // A run starts, "full, seed 1 (2 of 9)": what shall observe its training.
  std::function<std::unique_ptr<TrainObserver>(const std::string& name)> on_run;
  // A sentence for the user.
  std::function<void(const std::string&)> on_message;
  // What is known so far, after every run and at the end.
  std::function<void(const StudyResult&)> on_result;
};

// Throws ConfigError that names the variant whose settings cannot be, before anything is trained.
void check_study(const StudyConfig& config);

// Each run is the run folder OUT/runs/<variant>/seed-<seed>. A finished one is read, an interrupted one goes on, so the
// same call continues a study that was stopped. Throws what check_study() and the task's training throw, and
// ConfigError where a folder holds a run of other settings.
StudyResult run_study(const StudyConfig& config, const std::filesystem::path& data, const std::filesystem::path& out,
                      const StudyWatcher& watcher, const std::atomic<bool>* stop = nullptr);

}  // namespace multipole
