// The report of a finished training run: RUN/report.json and RUN/report.html.
#pragma once

#include <atomic>
#include <filesystem>

#include "backbone/config/json.h"
#include "engine/training/classify_config.h"
#include "engine/training/classify_data.h"
#include "engine/training/train_observer.h"

namespace multipole {

// Measures the run's best model on the validation split in float32, stores the fitted temperature in the model file,
// and writes both files. report.json holds what classification_report.h lists and
//   run, command, build, config, data, train_seconds, warnings  where the run comes from
//   census                                                      of the training split (recipes/census.h)
//   curves                                                      [{"epoch", "train_loss", "lr", "top1", "loss", ...}]
// `stop` leaves everything as it was. Throws ModelFileError, ResourceError, and what the loader throws.
void write_run_report(const ClassifyConfig& config, const ClassifyData& data, const std::filesystem::path& run,
                      TrainObserver& observer, const std::atomic<bool>* stop);

// report.json of a run folder. Throws ConfigError where it has none.
Json read_run_report(const std::filesystem::path& run);

}  // namespace multipole
