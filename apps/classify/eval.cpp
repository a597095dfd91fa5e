#include <torch/types.h>

#include <iostream>

#include "apps/classify/classify.h"
#include "apps/classify/reporting_dataset.h"
#include "apps/common/exit_code.h"
#include "apps/common/progress_bar.h"
#include "apps/common/result_output.h"
#include "apps/common/signals.h"
#include "apps/common/text.h"
#include "datasets/image_folder.h"
#include "engine/files/model_file.h"
#include "engine/training/evaluator.h"

namespace multipole {
namespace {

struct EvalOptions {
  std::string model, data, json;
  std::string on_error = "fail";
  FolderSplitOptions split;
  bool allow_truncated = false;
  bool quiet = false;
  ComputeOptions compute;
};

std::string result_table(const Json& result) {
  std::string text = "samples  " + result["samples"].dump() + "\n";
  const auto percent = [](const Json& share) { return share.is_null() ? "n/a" : fixed(100 * share.get<double>(), 2); };
  text += "top-1    " + percent(result["top1"]) + "%\ntop-5    " + percent(result["top5"]) + "%\n\n";
  size_t width = 5;
  for (const auto& row : result["per_class"]) width = std::max(width, row["class"].get<std::string>().size());
  text += pad_right("class", width) + "  samples  accuracy\n";
  for (const auto& row : result["per_class"]) {
    text += pad_right(row["class"].get<std::string>(), width) + "  " + pad_left(row["samples"].dump(), 7) + "  " +
            pad_left(percent(row["accuracy"]), 7) + "%\n";
  }
  return text;
}

Loader make_loader(const EvalOptions& options, std::shared_ptr<const Dataset> data,
                   const Preprocessing& preprocessing) {
  LoaderOptions loader;
  loader.batch_size = options.compute.batch_size;
  loader.num_workers = options.compute.workers;
  loader.max_bad = options.on_error == "fail" ? 0.0 : 1.0;
  return Loader(std::move(data), make_eval_transform(preprocessing), preprocessing, loader);
}

void write_results(const EvalOptions& options, const Json& result) {
  if (options.json != "-") print_result(result_table(result));
  if (options.json.empty()) return;
  ResultOutput output(options.json);
  output.write(json_line(result));
  output.finish();
}

int evaluate(const EvalOptions& options) {
  use_threads(options.compute.threads);
  const Execution execution = select_execution(options.compute.device, "float32");
  LoadedModel loaded = load_model(options.model, "classification");
  const auto preprocessing = config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing");
  loaded.model->to(execution.device);

  FolderSplitOptions split = options.split;
  split.class_names = loaded.metadata.classes;
  DecodeOptions decode;
  decode.allow_truncated = options.allow_truncated;
  const auto folder = std::make_shared<ImageFolder>(options.data, split, decode);
  if (!options.quiet) std::cerr << folder->description() << "\n";

  const SignalStop stop;
  ProgressBar bar(options.quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto);
  // with --on-error fail the first one ends the command with its own message
  std::shared_ptr<const Dataset> data = folder;
  if (options.on_error == "skip") data = std::make_shared<ReportingDataset>(folder);
  Loader loader = make_loader(options, data, preprocessing);
  RemainingTime remaining;
  const auto start = ProgressBar::Clock::now();
  const auto evaluation = evaluate_classifier(loaded.model, loader, execution, stop.flag(), [&](int64_t done) {
    remaining.update(done, std::chrono::duration<double>(ProgressBar::Clock::now() - start).count());
    bar.show("eval", done, folder->size(), "", remaining.seconds_left(folder->size()));
  });
  if (!evaluation.complete) return stop.exit_code();
  bar.clear();

  Json result = {{"task", "classification"}};
  result.update(evaluation.metrics.to_json(loaded.metadata.classes));
  result["bad_samples"] = evaluation.bad_samples;
  write_results(options, result);
  if (evaluation.bad_samples == 0) return kExitDone;
  std::cerr << evaluation.bad_samples << " of " << folder->size() << " pictures could not be read and were left out\n";
  return kExitSomeBad;
}

}  // namespace

void add_classify_eval(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<EvalOptions>();
  options->split.split = "val";
  CLI::App* command = add_command(parent, "eval", "measure a model on labelled pictures",
                                  "multipole classify eval --model model.safetensors --data photos --json result.json");
  command->add_option("--model", options->model, "model file")->required();
  command->add_option("--data", options->data, "folder ROOT/<split>/<class>/*, or ROOT/<class>/*")->required();
  command->add_option("--split", options->split.split, "split to measure on")->capture_default_str();
  command
      ->add_option("--val-fraction", options->split.val_fraction,
                   "share of each class that makes the split where the data has none: as in training")
      ->capture_default_str();
  command->add_option("--split-seed", options->split.split_seed, "which pictures that share is: as in training")
      ->capture_default_str();
  command->add_option("--json", options->json, "also write the result as JSON to this file; - for standard output");
  command->add_option("--on-error", options->on_error, "unreadable pictures: fail at the first, or skip and count")
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  command->add_flag("--allow-truncated", options->allow_truncated, "take what a damaged JPEG still shows");
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  add_compute_options(*command, options->compute);
  command->callback([options, &run] { run = [options] { return evaluate(*options); }; });
}

}  // namespace multipole
