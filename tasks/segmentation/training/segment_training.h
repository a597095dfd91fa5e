// Trains a segmentation model from a config and a data folder to a run folder: all that `multipole segment train` does.
#pragma once

#include <atomic>
#include <filesystem>

#include "engine/observers/train_observer.h"
#include "engine/training/lr_range_test.h"
#include "engine/training/resume.h"
#include "engine/training/step_timing.h"
#include "engine/training/train_result.h"
#include "tasks/segmentation/segment_config.h"

namespace multipole {

// Set `stop` (from a signal handler, say) to end after the step in progress, with everything saved. Throws as
// open_segment_data() and run_training() do.
TrainResult train_segmenter(const SegmentConfig& config, const std::filesystem::path& data,
                            const std::filesystem::path& out, TrainObserver& observer, const ResumeOptions& resume = {},
                            const std::atomic<bool>* stop = nullptr);

// A learning-rate range test (lr_range_test.h) of that training.
LrRange test_segmenter_learning_rates(const SegmentConfig& config, const std::filesystem::path& data,
                                      const LrRangeOptions& options, TrainObserver& observer,
                                      const ResumeOptions& start = {}, const std::atomic<bool>* stop = nullptr);

// How fast it goes here (step_timing.h). Without the census, since its class weights cost no time.
StepTiming time_segmenter_steps(const SegmentConfig& config, const std::filesystem::path& data,
                                const StepTimingOptions& options);

}  // namespace multipole
