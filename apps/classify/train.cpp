#include <torch/types.h>

#include <cmath>
#include <iostream>
#include <optional>
#include <sstream>

#include "apps/classify/classify.h"
#include "apps/classify/fold_training.h"
#include "apps/classify/lr_range.h"
#include "apps/classify/starting_point.h"
#include "apps/classify/train_settings.h"
#include "apps/common/exit_code.h"
#include "apps/common/result_output.h"
#include "apps/common/signals.h"
#include "apps/common/text.h"
#include "apps/common/train_report.h"
#include "engine/distributed/process_place.h"
#include "engine/training/classify_training.h"

namespace multipole {
namespace {

struct TrainOptions {
  RunSettings run;
  std::optional<std::string> data_root;
  std::string recipe;
  double minutes = 10;
  int64_t folds = 0;
  std::string fold;
  bool lr_range_test = false;
};

// The settings of --folds and --fold.
void choose_fold(Json& settings, const TrainOptions& options) {
  if (options.folds > 0) merge_json(settings, {{"data", {{"folds", options.folds}, {"fold", 1}}}});
  if (options.fold.empty()) return;
  const FoldChoice choice = parse_fold(options.fold);
  merge_json(settings, {{"data", {{"folds", choice.folds}, {"fold", choice.fold}}}});
}

std::string score_words(const std::string& name) {
  return name == "top1" ? "top-1" : name == "map" ? "mAP" : "balanced accuracy";
}

std::string summary(const TrainResult& result) {
  if (std::isnan(result.best_score)) return "";
  std::ostringstream line;
  line << "best " << score_words(result.score_name) << " " << fixed(100 * result.best_score, 2) << "% in epoch "
       << result.best_epoch + 1 << ": " << result.best_model.string() << "\n";
  return line.str();
}

int train(const TrainOptions& options) {
  const RunSettings& run = options.run;
  use_threads(run.threads);
  Json settings = merged_settings(run, classify_recipe_book());
  if (options.data_root) merge_json(settings, {{"data", {{"root", *options.data_root}}}});
  choose_fold(settings, options);
  std::vector<std::string> chosen;
  if (options.recipe == "auto") {
    chosen = apply_auto_recipe(settings, run.data, run.init, options.minutes);
  } else if (!run.init.empty()) {
    start_from_model(settings, run.init);
  }
  chosen.push_back(fit_to_data(settings, run.data));
  const auto config = config_from_json<ClassifyConfig>(settings, "");
  TrainReport report(run.quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto, run.log_every.value_or(0));
  const bool speaks = process_place_from_environment().is_first();
  for (const auto& line : chosen) {
    if (speaks && !line.empty()) report.on_message(line);
  }

  const SignalStop stop;
  if (options.lr_range_test) return find_learning_rate(config, run, report, stop);
  if (options.folds > 0) return train_folds(config, run, report, stop);
  const TrainResult result = train_classifier(config, run.data, run.out, report, resume_options(run), stop.flag());
  if (result.stop_reason == StopReason::kStopToken) {
    if (speaks) std::cerr << "stopped after step " << result.num_steps << "; the same command goes on from here\n";
    return stop.exit_code();
  }
  print_result(summary(result));
  return kExitDone;
}

}  // namespace

void add_classify_train(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* command = add_command(parent, "train", "train a classifier on folders of pictures",
                                  "multipole classify train --data photos --out runs/first --epochs 20");
  command->add_option("--data", options->run.data, data_option_help())->required();
  command->add_option("--data-root", options->data_root, data_root_option_help());
  add_run_options(*command, options->run, classify_recipe_book());
  command->add_option("--recipe", options->recipe, "auto: look at the data, choose what is left open, and say why")
      ->check(CLI::IsMember({"auto"}));
  command->add_option("--minutes", options->minutes, "time that --recipe auto plans for, on two CPU cores")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI::Option* folds =
      command
          ->add_option("--folds", options->folds, "cross-validation: a run for each of so many folds, and their mean")
          ->check(CLI::Range(int64_t{2}, int64_t{1000}));
  command->add_option("--fold", options->fold, "the run of one fold: I of K")->option_text("I/K")->excludes(folds);
  command
      ->add_flag("--lr-range-test", options->lr_range_test,
                 "no training: 100 steps of growing learning rate, and the one where the loss falls fastest")
      ->excludes(folds);
  command->callback([options, &run] { run = [options] { return train(*options); }; });
}

}  // namespace multipole
