#include <torch/types.h>

#include <cmath>
#include <iostream>

#include "apps/classify/classify.h"
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
  std::string data, out, resume = "auto", init;
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
  const std::string chosen = fit_to_data(settings, options.data);
  const auto config = config_from_json<ClassifyConfig>(settings, "");
  TrainReport report(options.quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto,
                     options.settings.log_every.value_or(0));
  if (!chosen.empty()) report.on_message(chosen);

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
  command->add_option("--data", options->data, "folder ROOT/<split>/<class>/*, or ROOT/<class>/*")->required();
  command->add_option("--out", options->out, "run folder: config, metrics, best model, state to resume")->required();
  command->add_option("--config", options->settings.config, "JSON file, or a recipe: " + recipe_list());
  command
      ->add_option("--set", options->settings.sets, "one value of the config, such as train.batch_size=64; repeatable")
      ->option_text("a.b=v")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--init", options->init, "model file whose weights training starts from");
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
