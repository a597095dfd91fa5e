// The report of a finished training of a segmentation model.
#pragma once

#include <atomic>
#include <filesystem>

#include "engine/observers/train_observer.h"
#include "tasks/segmentation/segment_config.h"
#include "tasks/segmentation/segment_data.h"

namespace multipole {

// Measures the run's best model on the whole pictures of the validation split in float32, and writes report.json and
// report.html. report.json holds what run_report.h and segmentation_report.h list, and
//   warnings   sentences
// its census is null where data.census is off. `stop` leaves everything as it was. Throws ModelFileError,
// ResourceError, and what the loader throws.
void report_segmentation_run(const SegmentConfig& config, const SegmentData& data, const std::filesystem::path& run,
                             TrainObserver& observer, const std::atomic<bool>* stop);

}  // namespace multipole
