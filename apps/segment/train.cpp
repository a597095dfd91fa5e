#include <torch/types.h>

#include <cmath>
#include <iostream>

#include "apps/common/exit_code.h"
#include "apps/common/result_output.h"
#include "apps/common/run_settings.h"
#include "apps/common/signals.h"
#include "apps/common/text.h"
#include "apps/common/train_report.h"
#include "apps/segment/segment.h"
#include "embedded/segment_recipes.h"
#include "engine/distributed/process_place.h"
#include "engine/training/segment_training.h"

namespace multipole {
namespace {

RecipeBook recipes() {
  return {embedded::segment_recipes_names(), [](const std::string& name) { return embedded::segment_recipes(name); }};
}

std::string summary(const TrainResult& result) {
  if (std::isnan(result.best_score)) return "";
  return "best mIoU " + fixed(100 * result.best_score, 2) + "% in epoch " + std::to_string(result.best_epoch + 1) +
         ": " + result.best_model.string() + "\n";
}

int train(const RunSettings& settings) {
  use_threads(settings.threads);
  const auto config = config_from_json<SegmentConfig>(merged_settings(settings, recipes()), "");
  TrainReport report(settings.quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto,
                     settings.log_every.value_or(0));
  const SignalStop stop;
  const TrainResult result =
      train_segmenter(config, settings.data, settings.out, report, resume_options(settings), stop.flag());
  if (result.stop_reason == StopReason::kStopToken) {
    if (process_place_from_environment().is_first()) {
      std::cerr << "stopped after step " << result.num_steps << "; the same command goes on from here\n";
    }
    return stop.exit_code();
  }
  print_result(summary(result));
  return kExitDone;
}

}  // namespace

void add_segment_train(CLI::App& parent, Run& run) {
  const auto settings = std::make_shared<RunSettings>();
  CLI::App* command = add_command(parent, "train", "train a model on pictures with masks",
                                  "multipole segment train --data streets --out runs/streets --epochs 60");
  command->add_option("--data", settings->data, segmentation_data_help())->required();
  add_run_options(*command, *settings, recipes());
  command->callback([settings, &run] { run = [settings] { return train(*settings); }; });
}

}  // namespace multipole
