#include <torch/types.h>

#include <iostream>
#include <optional>

#include "apps/arguments/attention_option.h"
#include "apps/arguments/decode_options.h"
#include "apps/arguments/exit_code.h"
#include "apps/arguments/precision_option.h"
#include "apps/arguments/signals.h"
#include "apps/classify/classify.h"
#include "apps/classify/eval_table.h"
#include "apps/classify/threshold.h"
#include "apps/output/counted_progress.h"
#include "apps/output/reporting_dataset.h"
#include "apps/output/result_output.h"
#include "base/error.h"
#include "base/text.h"
#include "datasets/sources/label_targets.h"
#include "datasets/sources/labelled_pictures.h"
#include "engine/distributed/process_group.h"
#include "engine/files/classifier_file.h"
#include "engine/weights/attention_swap.h"
#include "tasks/classification/evaluation/evaluator.h"
#include "tasks/classification/evaluation/multi_label_evaluator.h"
#include "tasks/classification/prediction/class_prediction.h"

namespace multipole {
namespace {

struct EvalOptions {
  std::string model, data, data_root, json, attention;
  std::string on_error = "fail";
  std::string split = "val";
  std::optional<double> val_fraction;
  std::optional<uint64_t> split_seed;
  std::optional<double> threshold;
  DecodeOptions decode;
  bool flip = false;
  bool quiet = false;
  std::string precision = "float32";
  ComputeOptions compute;
};

std::unique_ptr<Loader> make_loader(const EvalOptions& options, std::shared_ptr<const Dataset> data,
                                    const Preprocessing& preprocessing, const ProcessGroup& group) {
  LoaderOptions loader;
  loader.batch_size = options.compute.batch_size;
  loader.num_workers = options.compute.workers;
  loader.max_bad = options.on_error == "fail" ? 0.0 : 1.0;
  loader.bad_advice = kSkipAdvice;
  auto made = std::make_unique<Loader>(std::move(data), make_eval_transform(preprocessing), preprocessing, loader);
  made->take_share(group.process_rank(), group.size());
  return made;
}

void write_results(const EvalOptions& options, const Json& result) {
  const bool answers_each = result["task"] == kMultiLabelClassification;
  if (options.json != "-") print_result(answers_each ? average_precision_table(result) : accuracy_table(result));
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

struct Measured {
  Json metrics;
  int64_t bad_samples = 0;
  bool complete = true;
};

// What can be told of the model on such labels. Throws ConfigError where it answers another question than they do.
Measured measure(const EvalOptions& options, LoadedModel& loaded, const LabelledPictures& pictures, Loader& loader,
                 const Execution& execution, const std::atomic<bool>* stop,
                 const std::function<void(int64_t)>& progress, const ProcessGroup& group) {
  const auto& classes = loaded.metadata.classes;
  const Mirror mirror = options.flip ? Mirror::kAverage : Mirror::kNever;
  if (!is_multi_label(loaded.metadata)) {
    auto found = evaluate_classifier(loaded.model, loader, execution, stop, progress, mirror);
    found.sum_over(group);
    return {found.metrics.to_json(classes), found.bad_samples, found.complete};
  }
  const auto label_sets = pictures.has_label_sets()
                              ? label_set_targets(pictures.class_names(), classes, pictures.description())
                              : torch::eye(static_cast<int64_t>(classes.size()));
  const double threshold = options.threshold.value_or(kDefaultThreshold);
  auto found = evaluate_multi_label(loaded.model, loader, label_sets, execution, threshold, stop, progress, mirror);
  found.sum_over(group);
  return {found.metrics.to_json(classes), found.bad_samples, found.complete};
}

int evaluate(const EvalOptions& options) {
  use_threads(options.compute.threads);
  const ProcessPlace place = process_place_from_environment();
  const ProcessGroup group(place);
  const bool quiet = options.quiet || !group.is_first();
  Execution execution = select_execution(options.compute.device, options.precision, place.local_rank);
  LoadedModel loaded = swap_attention(load_classifier(options.model), options.attention, kAttentionOption);
  const auto preprocessing = config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing");
  check_threshold(options.threshold, options.model, is_multi_label(loaded.metadata));

  const SplitOptions split = split_options(options, loaded.metadata);
  SourceOptions source;
  source.decode = reading_for(preprocessing, options.decode);
  source.root = options.data_root;
  const auto pictures = std::make_shared<LabelledPictures>(options.data, split, source);
  if (pictures->has_label_sets() && !is_multi_label(loaded.metadata)) {
    throw ConfigError(options.data + " gives pictures any number of classes, and " + options.model +
                      " names one: it can be measured on a column 'label', not on 'labels'");
  }
  if (!quiet && !pictures->note().empty()) std::cerr << pictures->note() << "\n";
  if (!quiet) std::cerr << pictures->description() << "\n";
  prepare_in_one_precision(group, options.precision, loaded.model, execution,
                           {.count = pictures->size() / group.size(),
                            .batch_size = options.compute.batch_size,
                            .channels = preprocessing.channels(),
                            .height = preprocessing.image_size,
                            .width = preprocessing.image_size},
                           quiet);

  const SignalStop stop;
  CountedProgress progress("eval", quiet);
  // with --on-error fail the first one ends the command with its own message
  const auto data = std::make_shared<ReportingDataset>(pictures, /*names_skipped=*/options.on_error == "skip");
  const auto loader = make_loader(options, data, preprocessing, group);
  const auto progressed = [&](int64_t done) {
    progress.show(std::min(done * group.size(), pictures->size()), pictures->size());
  };
  const Measured measured = measure(options, loaded, *pictures, *loader, execution, stop.flag(), progressed, group);
  if (!measured.complete) return stop.exit_code();
  progress.clear();
  if (!group.is_first()) return measured.bad_samples == 0 ? kExitDone : kExitSomeBad;

  Json result = {{"task", loaded.metadata.task}};
  result.update(measured.metrics);
  result["bad_samples"] = measured.bad_samples;
  if (options.flip) result["flip"] = true;
  write_results(options, result);
  if (measured.bad_samples == 0) return kExitDone;
  std::cerr << measured.bad_samples << " of " << pictures->size() << " pictures could not be read and were left out\n";
  return kExitSomeBad;
}

}  // namespace

void add_classify_eval(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<EvalOptions>();
  CLI::App* command = add_command(parent, "eval", "measure a model on labelled pictures",
                                  "multipole classify eval --model model.safetensors --data photos --json result.json");
  command->add_option("--model", options->model, "model file")->required();
  add_attention_option(*command, options->attention);
  command->add_option("--data", options->data, data_option_help())->required();
  command->add_option("--data-root", options->data_root, data_root_option_help());
  command->add_option("--split", options->split, "split to measure on")->capture_default_str();
  command->add_option("--val-fraction", options->val_fraction,
                      "share of each class that makes the split where the data has none; default: as in training");
  command->add_option("--split-seed", options->split_seed, "which pictures that share is; default: as in training");
  add_threshold_option(*command, options->threshold);
  command->add_flag("--flip", options->flip, kFlipHelp);
  command->add_option("--json", options->json, "also write the result as JSON to this file; - for standard output");
  command->add_option("--on-error", options->on_error, "unreadable pictures: fail at the first, or skip and count")
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  add_decode_options(*command, options->decode);
  add_model_bands_option(*command, options->decode);
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  add_precision_option(*command, options->precision, kFasterPrecision);
  add_compute_options(*command, options->compute);
  command->callback([options, &run] { run = [options] { return evaluate(*options); }; });
}

}  // namespace multipole
