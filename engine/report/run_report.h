// What the reports of all tasks share: RUN/report.json, RUN/report.html, and where a run comes from.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "engine/files/model_file.h"
#include "engine/observers/train_observer.h"

namespace multipole {

// The part of report.json that every task has:
//   task, run, command, build, config, data, train_seconds   where the run comes from
//   train_flops                                              of the backbone in all steps; null where not counted
//   curves                                                   [{"epoch", "train_loss", "lr", scores...}]
// `metadata` is the best model's; `data` its fingerprint, `config` the resolved one.
Json start_run_report(const std::filesystem::path& run, const ModelMetadata& metadata, const Json& data,
                      const Json& config);

// Writes both files and tells the observer where. Throws ResourceError.
void save_run_report(const std::filesystem::path& run, const Json& report, const std::string& html,
                     TrainObserver& observer);

// report.json of a run folder. Throws ConfigError where it has none.
Json read_run_report(const std::filesystem::path& run);

}  // namespace multipole
