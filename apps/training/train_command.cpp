#include "apps/training/train_command.h"

#include <cmath>
#include <iostream>
#include <optional>

#include "apps/arguments/exit_code.h"
#include "apps/arguments/signals.h"
#include "apps/output/result_output.h"
#include "apps/output/train_report.h"
#include "apps/training/fold_training.h"
#include "apps/training/lr_range.h"
#include "apps/training/starting_point.h"
#include "base/error.h"
#include "base/text.h"
#include "engine/distributed/process_place.h"
#include "tasks/registry.h"

namespace multipole {
namespace {

constexpr double kDefaultMinutes = 10;

struct TrainCommandOptions {
  RunSettings run;
  std::string recipe;
  std::optional<double> minutes;
  int64_t folds = 0;
  std::string fold;
  bool lr_range_test = false;
};

// The settings of --folds and --fold.
void choose_fold(Json& settings, const TrainCommandOptions& options) {
  if (options.folds > 0) merge_json(settings, {{"data", {{"folds", options.folds}, {"fold", 1}}}});
  if (options.fold.empty()) return;
  const FoldChoice choice = parse_fold(options.fold);
  merge_json(settings, {{"data", {{"folds", choice.folds}, {"fold", choice.fold}}}});
}

std::optional<double> recipe_minutes(const TrainCommandOptions& options) {
  if (options.recipe.empty() && options.minutes) {
    throw ConfigError(
        "--minutes is the time that --recipe auto plans for: add --recipe auto, or give the length with --epochs");
  }
  if (options.recipe.empty()) return std::nullopt;
  return options.minutes.value_or(kDefaultMinutes);
}

// An option of the task's own that trains in another way leaves no steps to plan or to repeat.
void check_other_training(const TaskOptions& own, const TrainCommandOptions& options) {
  const std::string other = own.other_training();
  if (other.empty()) return;
  const char* clash = !options.recipe.empty() ? "--recipe"
                      : options.minutes       ? "--minutes"
                      : options.folds > 0     ? "--folds"
                      : options.lr_range_test ? "--lr-range-test"
                                              : nullptr;
  if (clash != nullptr) throw ConfigError(std::string(clash) + " is for trainings by steps, and " + other + " is none");
}

std::string best_line(const Task& task, const TrainResult& result) {
  if (std::isnan(result.best_score)) return "";
  return "best " + task.score_words(result.score_name) + " " + percent(result.best_score, 2) + " in epoch " +
         std::to_string(result.best_epoch + 1) + ": " + result.best_model.string() + "\n";
}

int train_task(const Task& task, const TaskOptions& own, const TrainCommandOptions& options) {
  const RunSettings& run = options.run;
  check_other_training(own, options);
  const auto minutes = recipe_minutes(options);
  use_threads(run.threads);
  Json settings = merged_settings(run, task.recipes());
  own.put(settings);
  choose_fold(settings, options);
  TrainContext context = train_context(run, settings);
  context.may_train_otherwise =
      own.may_train_otherwise() && options.folds == 0 && options.fold.empty() && !options.lr_range_test;
  context.trains_otherwise = !own.other_training().empty();
  const auto chosen = complete_settings(settings, task, context, minutes);
  TrainReport report(run.quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto, run.log_every.value_or(0));
  const bool speaks = process_place_from_environment().is_first();
  for (const auto& line : chosen) {
    if (speaks) report.on_message(line);
  }

  const SignalStop stop;
  if (context.trains_otherwise || own.trains_otherwise(settings))
    return own.train_otherwise(settings, run, report, stop);
  if (options.lr_range_test) return find_learning_rate(task, settings, run, report, stop);
  if (options.folds > 0) return train_folds(task, settings, run, report, stop);
  const TrainResult result =
      train_opened(*task.open(settings, run.data), run.out, report, resume_options(run), stop.flag());
  if (result.stop_reason == StopReason::kStopToken) {
    if (speaks) std::cerr << "stopped after step " << result.num_steps << "; the same command goes on from here\n";
    return stop.exit_code();
  }
  print_result(best_line(task, result));
  return kExitDone;
}

}  // namespace

void add_train_command(CLI::App& parent, Run& run, const std::string& name, const std::string& example,
                       const std::shared_ptr<TaskOptions>& own) {
  const std::shared_ptr<const Task> task = task_registry().find(name, "train");
  const auto options = std::make_shared<TrainCommandOptions>();
  CLI::App* command = add_command(parent, "train", task->train_summary(), example);
  command->add_option("--data", options->run.data, task->data_help())->required();
  own->add_to(*command);
  add_run_options(*command, options->run, task->recipes());
  add_start_options(*command, options->run);
  command
      ->add_option("--recipe", options->recipe,
                   "auto: look at the data and time the machine, choose what is left open, and say why")
      ->check(CLI::IsMember({"auto"}));
  command
      ->add_option("--minutes", options->minutes, "time that --recipe auto plans for, on this machine; 10 if not given")
      ->check(CLI::PositiveNumber);
  CLI::Option* folds =
      command
          ->add_option("--folds", options->folds, "cross-validation: a run for each of so many folds, and their mean")
          ->check(CLI::Range(int64_t{2}, int64_t{1000}));
  command->add_option("--fold", options->fold, "the run of one fold: I of K")->option_text("I/K")->excludes(folds);
  command
      ->add_flag("--lr-range-test", options->lr_range_test,
                 "no training: 100 steps of growing learning rate, and the one where the loss falls fastest")
      ->excludes(folds);
  command->callback(
      [task, own, options, &run] { run = [task, own, options] { return train_task(*task, *own, *options); }; });
}

}  // namespace multipole
