// The report of a finished training of a classifier whose pictures have several classes.
#pragma once

#include <atomic>
#include <filesystem>

#include "engine/observers/train_observer.h"
#include "tasks/classification/classify_config.h"
#include "tasks/classification/classify_data.h"

namespace multipole {

// Measures the run's best model on the validation split in float32, and writes report.json and report.html. report.json
// holds what run_report.h lists, and
//   metrics    {"samples", "bad_samples", "map", "macro_f1", "micro_f1", "loss"}
//   threshold  of a class's probability, above which it counts as answered
//   per_class  [{"class", "samples" (that show it), "ap", "precision", "recall", "f1"}], null where there is nothing to
//              divide by
//   warnings   sentences
//   census     of the training split (recipes/census.h)
// There is no confusion matrix, for no class excludes another, and no temperature, which is one of softmax.
// `stop` leaves everything as it was. Throws ModelFileError, ResourceError, and what the loader throws.
void report_multi_label_run(const ClassifyConfig& config, const ClassifyData& data, const std::filesystem::path& run,
                            TrainObserver& observer, const std::atomic<bool>* stop);

}  // namespace multipole
