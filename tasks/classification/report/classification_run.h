// The report of a finished training of a classifier.
#pragma once

#include <atomic>
#include <filesystem>

#include "engine/observers/train_observer.h"
#include "tasks/classification/classify_config.h"
#include "tasks/classification/classify_data.h"
#include "tasks/classification/evaluation/classifier_outputs.h"

namespace multipole {

// Measures the run's best model on the validation split in float32, stores the fitted temperature in the model file,
// and writes report.json and report.html. report.json holds what run_report.h and classification_report.h list, and
//   warnings   sentences
//   census     of the training split (recipes/census.h)
// `known`: what the model answered to that split in float32, where that is known; it is not asked again then.
// `stop` leaves everything as it was. Throws ModelFileError, ResourceError, and what the loader throws.
void report_classification_run(const ClassifyConfig& config, const ClassifyData& data, const std::filesystem::path& run,
                               TrainObserver& observer, const std::atomic<bool>* stop,
                               const ClassifierOutputs* known = nullptr);

}  // namespace multipole
