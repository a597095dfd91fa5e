#include <torch/types.h>

#include <iostream>
#include <optional>

#include "apps/classify/classify.h"
#include "apps/common/counted_progress.h"
#include "apps/common/exit_code.h"
#include "apps/common/reporting_dataset.h"
#include "apps/common/result_output.h"
#include "apps/common/signals.h"
#include "apps/common/text.h"
#include "datasets/labelled_pictures.h"
#include "engine/files/model_file.h"
#include "engine/training/evaluator.h"

namespace multipole {
namespace {

struct EvalOptions {
  std::string model, data, data_root, json;
  std::string on_error = "fail";
  std::string split = "val";
  std::optional<double> val_fraction;
  std::optional<uint64_t> split_seed;
  bool allow_truncated = false;
  bool quiet = false;
  std::string precision = "float32";
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

// Where the data have no split of that name, it is the one that training made and recorded, unless the user says
// otherwise: another cut would measure on pictures that were trained on.
SplitOptions split_options(const EvalOptions& options, const ModelMetadata& metadata) {
  SplitOptions split;
  split.split = options.split;
  split.class_names = metadata.classes;
  const auto trained_with = [&](const char* key, auto otherwise) {
    const Json& training = metadata.training;
    const bool is_known = training.is_object() && training.contains("data") && training["data"].is_object() &&
                          training["data"].contains(key) && training["data"][key].is_number();
    return is_known ? training["data"][key].get<decltype(otherwise)>() : otherwise;
  };
  split.val_fraction = options.val_fraction.value_or(trained_with("val_fraction", split.val_fraction));
  split.split_seed = options.split_seed.value_or(trained_with("split_seed", split.split_seed));
  if (!options.val_fraction) {
    split.folds = trained_with("folds", split.folds);
    split.fold = trained_with("fold", split.fold);
  }
  return split;
}

int evaluate(const EvalOptions& options) {
  use_threads(options.compute.threads);
  const Execution execution = select_execution(options.compute.device, options.precision);
  LoadedModel loaded = load_model(options.model, "classification");
  const auto preprocessing = config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing");
  loaded.model->to(execution.device);

  const SplitOptions split = split_options(options, loaded.metadata);
  SourceOptions source;
  source.decode.allow_truncated = options.allow_truncated;
  source.root = options.data_root;
  const auto pictures = std::make_shared<LabelledPictures>(options.data, split, source);
  if (!options.quiet) std::cerr << pictures->description() << "\n";

  const SignalStop stop;
  CountedProgress progress("eval", options.quiet);
  // with --on-error fail the first one ends the command with its own message
  std::shared_ptr<const Dataset> data = pictures;
  if (options.on_error == "skip") data = std::make_shared<ReportingDataset>(pictures);
  Loader loader = make_loader(options, data, preprocessing);
  const auto evaluation = evaluate_classifier(loaded.model, loader, execution, stop.flag(),
                                              [&](int64_t done) { progress.show(done, pictures->size()); });
  if (!evaluation.complete) return stop.exit_code();
  progress.clear();

  Json result = {{"task", "classification"}};
  result.update(evaluation.metrics.to_json(loaded.metadata.classes));
  result["bad_samples"] = evaluation.bad_samples;
  write_results(options, result);
  if (evaluation.bad_samples == 0) return kExitDone;
  std::cerr << evaluation.bad_samples << " of " << pictures->size()
            << " pictures could not be read and were left out\n";
  return kExitSomeBad;
}

}  // namespace

void add_classify_eval(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<EvalOptions>();
  CLI::App* command = add_command(parent, "eval", "measure a model on labelled pictures",
                                  "multipole classify eval --model model.safetensors --data photos --json result.json");
  command->add_option("--model", options->model, "model file")->required();
  command->add_option("--data", options->data, data_option_help())->required();
  command->add_option("--data-root", options->data_root, data_root_option_help());
  command->add_option("--split", options->split, "split to measure on")->capture_default_str();
  command->add_option("--val-fraction", options->val_fraction,
                      "share of each class that makes the split where the data has none; default: as in training");
  command->add_option("--split-seed", options->split_seed, "which pictures that share is; default: as in training");
  command->add_option("--json", options->json, "also write the result as JSON to this file; - for standard output");
  command->add_option("--on-error", options->on_error, "unreadable pictures: fail at the first, or skip and count")
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  command->add_flag("--allow-truncated", options->allow_truncated, "take what a damaged JPEG still shows");
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  add_precision_option(*command, options->precision);
  add_compute_options(*command, options->compute);
  command->callback([options, &run] { run = [options] { return evaluate(*options); }; });
}

}  // namespace multipole
