#include <torch/types.h>

#include <cmath>
#include <iostream>

#include "apps/classify/classify.h"
#include "apps/classify/starting_point.h"
#include "apps/classify/train_report.h"
#include "apps/classify/train_settings.h"
#include "apps/common/exit_code.h"
#include "apps/common/result_output.h"
#include "apps/common/signals.h"
#include "apps/common/text.h"
#include "engine/training/classify_training.h"

namespace multipole {
namespace {

struct TrainOptions {
  std::string data, out, resume = "auto", init, recipe;
  double minutes = 10;
  TrainSettings settings;
  int threads = 0;
  bool force = false;
  bool quiet = false;
};

ResumeOptions resume_options(const TrainOptions& options) {
  ResumeOptions resume;
  resume.force = options.force;
  if (!options.init.empty()) resume.init_weights = options.init;
  if (options.resume == "never") {
    resume.mode = ResumeMode::kNever;
  } else if (options.resume != "auto") {
    resume.mode = ResumeMode::kPath;
    resume.path = options.resume;
  }
  return resume;
}

std::string summary(const TrainResult& result) {
  if (std::isnan(result.best_score)) return "";
  return "best top-1 " + fixed(100 * result.best_score, 2) + "% in epoch " + std::to_string(result.best_epoch + 1) +
         ": " + result.best_model.string() + "\n";
}

int train(const TrainOptions& options) {
  use_threads(options.threads);
  Json settings = merged_settings(options.settings);
  std::vector<std::string> chosen;
  if (options.recipe == "auto") {
    chosen = apply_auto_recipe(settings, options.data, options.init, options.minutes);
  } else if (!options.init.empty()) {
    start_from_model(settings, options.init);
  }
  chosen.push_back(fit_to_data(settings, options.data));
  const auto config = config_from_json<ClassifyConfig>(settings, "");
  TrainReport report(options.quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto,
                     options.settings.log_every.value_or(0));
  for (const auto& line : chosen) {
    if (!line.empty()) report.on_message(line);
  }

  const SignalStop stop;
  const TrainResult result =
      train_classifier(config, options.data, options.out, report, resume_options(options), stop.flag());
  if (result.stop_reason == StopReason::kStopToken) {
    std::cerr << "stopped after step " << result.num_steps << "; the same command goes on from here\n";
    return stop.exit_code();
  }
  print_result(summary(result));
  return kExitDone;
}

std::string recipe_list() {
  std::string text;
  for (const auto& name : recipe_names()) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

void add_classify_train(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* command = add_command(parent, "train", "train a classifier on folders of pictures",
                                  "multipole classify train --data photos --out runs/first --epochs 20");
  command->add_option("--data", options->data, data_option_help())->required();
  command->add_option("--data-root", options->settings.data_root, data_root_option_help());
  command->add_option("--out", options->out, "run folder: config, metrics, best model, state to resume")->required();
  command->add_option("--config", options->settings.config, "JSON file, or a recipe: " + recipe_list());
  command
      ->add_option("--set", options->settings.sets, "one value of the config, such as train.batch_size=64; repeatable")
      ->option_text("a.b=v")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--init", options->init,
                      "safetensors file whose weights training starts from; a model file brings its architecture, too");
  command->add_option("--recipe", options->recipe, "auto: look at the data, choose what is left open, and say why")
      ->check(CLI::IsMember({"auto"}));
  command->add_option("--minutes", options->minutes, "time that --recipe auto plans for, on two CPU cores")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--resume", options->resume,
                   "auto (go on where the run folder holds a run), never, or another run folder to go on from")
      ->option_text("auto|never|PATH");
  command->add_flag("--force", options->force, "resume although the config or the data changed");
  command->add_option("--epochs", options->settings.epochs, "passes over the training split");
  command->add_option("--seed", options->settings.seed, "of weights, order and augmentation");
  command->add_option("--log-every", options->settings.log_every,
                      "steps between lines on standard error and in metrics.jsonl");
  command->add_option("--device", options->settings.device, "auto (CUDA where there is one), cpu or cuda");
  command->add_option("--threads", options->threads, "CPU threads; 0 for one a core")->check(CLI::Range(0, 1024));
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  command->callback([options, &run] { run = [options] { return train(*options); }; });
}

}  // namespace multipole
