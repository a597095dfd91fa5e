#include <torch/types.h>

#include <filesystem>
#include <iostream>
#include <optional>

#include "apps/arguments/attention_option.h"
#include "apps/arguments/decode_options.h"
#include "apps/arguments/exit_code.h"
#include "apps/arguments/mask_settings.h"
#include "apps/arguments/precision_option.h"
#include "apps/arguments/signals.h"
#include "apps/output/counted_progress.h"
#include "apps/output/reporting_dataset.h"
#include "apps/output/result_output.h"
#include "apps/segment/metrics_table.h"
#include "apps/segment/segment.h"
#include "base/error.h"
#include "base/text.h"
#include "engine/distributed/process_group.h"
#include "engine/files/model_file.h"
#include "engine/runtime/allocator.h"
#include "engine/weights/attention_swap.h"
#include "heads/metrics/answers.h"
#include "heads/metrics/boundary_score.h"
#include "heads/metrics/shares.h"
#include "tasks/segmentation/evaluation/segment_evaluator.h"
#include "tasks/segmentation/mask_record.h"
#include "tasks/segmentation/segment_data.h"

namespace multipole {
namespace {

struct EvalOptions {
  std::string model, data, json, attention;
  std::string on_error = "fail";
  std::string split = "val";
  std::string precision = "float32";
  MaskSettings masks;
  std::optional<double> val_fraction;
  std::optional<int64_t> split_seed;
  DecodeOptions decode;
  TestTimeAugmentation copies;
  bool boundary = false;
  bool quiet = false;
  ComputeOptions compute;
};

// Where the data have no split of that name, it is the one that training made and recorded, unless the user says
// otherwise: another cut would measure on pictures that were trained on.
SegmentDataConfig data_config(const EvalOptions& options, const ModelMetadata& metadata) {
  SegmentDataConfig config;
  const Json& training = metadata.training;
  if (training.is_object() && training.contains("data") && training["data"].is_object()) {
    const auto trained_with = config_from_json<SegmentDataConfig>(training["data"], "the model's training.data");
    config.val_fraction = trained_with.val_fraction;
    config.split_seed = trained_with.split_seed;
    config.block = trained_with.block;
    config.block_gap = trained_with.block_gap;
    if (!options.val_fraction) {
      config.folds = trained_with.folds;
      config.fold = trained_with.fold;
    }
  }
  config.layout = options.masks.layout;
  config.val_fraction = options.val_fraction.value_or(config.val_fraction);
  config.split_seed = options.split_seed.value_or(config.split_seed);
  return config;
}

// Masks are read as in training, unless the user says otherwise. Packed ones hold class ids, whatever they were made
// of.
MaskOptions masks_as_in_training(const EvalOptions& options, const ModelMetadata& metadata) {
  MaskOptions masks = recorded_masks(metadata);
  std::error_code code;
  if (!std::filesystem::is_directory(options.data, code)) masks = {.ignored_values = masks.ignored_values};
  return options.masks.over(masks);
}

// A mask's id means the model's class of the same number only where both name it alike.
void check_classes(const std::vector<std::string>& model, const std::vector<std::string>& data) {
  if (model == data) return;
  std::string difference =
      "the model has " + std::to_string(model.size()) + " classes, the data " + std::to_string(data.size());
  for (size_t i = 0; i < std::min(model.size(), data.size()); ++i) {
    if (model[i] == data[i]) continue;
    difference = "class " + std::to_string(i) + " is '" + model[i] + "' in the model and '" + data[i] + "' in the data";
    break;
  }
  throw ConfigError("the data's classes are not the model's: " + difference);
}

std::shared_ptr<const SegmentationDataset> open_data(const EvalOptions& options, const ModelMetadata& metadata,
                                                     const Preprocessing& preprocessing) {
  const SegmentDataConfig config = data_config(options, metadata);
  auto data =
      open_segmentation_data(options.data, split_options(config, options.split),
                             masks_as_in_training(options, metadata), reading_for(preprocessing, options.decode));
  check_classes(metadata.classes, data->class_names());
  return data;
}

std::unique_ptr<Loader> make_loader(const EvalOptions& options, std::shared_ptr<const Dataset> data,
                                    const Preprocessing& preprocessing, const ProcessGroup& group) {
  LoaderOptions loader;
  loader.batch_size = 1;  // sizes may differ
  loader.num_workers = options.compute.workers;
  loader.max_bad = options.on_error == "fail" ? 0.0 : 1.0;
  loader.bad_advice = kSkipAdvice;
  auto made = std::make_unique<Loader>(std::move(data), keep_sample(), preprocessing, loader);
  made->take_share(group.process_rank(), group.size());
  return made;
}

Json result_json(const SegmenterEvaluation& evaluation, const std::optional<BoundaryScore>& boundary,
                 const std::vector<std::string>& classes) {
  Json result = {{"task", "segmentation"}, {"samples", evaluation.samples}};
  result.update(evaluation.metrics.to_json(classes));
  if (boundary) {
    const bool has_means = evaluation.metrics.num_labelled_classes() > 1;
    result["boundary_f"] = has_means ? number_or_null(boundary->mean()) : Json(nullptr);
    const auto scores = boundary->per_class();
    for (size_t i = 0; i < scores.size(); ++i) result["per_class"][i]["boundary_f"] = number_or_null(scores[i]);
  }
  result["bad_samples"] = evaluation.bad_samples;
  return result;
}

void write_results(const EvalOptions& options, const Json& result) {
  if (options.json != "-") print_result(metrics_table(result));
  if (options.json.empty()) return;
  ResultOutput output(options.json);
  output.write(json_line(result));
  output.finish();
}

int evaluate(const EvalOptions& options) {
  bound_kernel_caches();
  use_threads(options.compute.threads);
  const ProcessPlace place = process_place_from_environment();
  const ProcessGroup group(place);
  const bool quiet = options.quiet || !group.is_first();
  Execution execution = select_execution(options.compute.device, options.precision, place.local_rank);
  LoadedModel loaded = swap_attention(load_model(options.model, "segmentation"), options.attention, kAttentionOption);
  const auto preprocessing = config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing");
  const auto pictures = open_data(options, loaded.metadata, preprocessing);
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
  std::optional<BoundaryScore> boundary;
  if (options.boundary) boundary.emplace(static_cast<int64_t>(loaded.metadata.classes.size()));
  SegmenterEvaluationOptions how{.copies = options.copies, .on_batch = {}, .on_progress = {}};
  if (boundary) {
    how.on_batch = [&](const torch::Tensor& predictions, const Batch& batch) {
      for (int64_t i = 0; i < batch.size(); ++i) boundary->update(predictions[i], batch.masks[i]);
    };
  }
  how.on_progress = [&](int64_t done) {
    progress.show(std::min(done * group.size(), pictures->size()), pictures->size());
  };
  auto evaluation = evaluate_segmenter(loaded.model, *loader, execution, stop.flag(), how);
  evaluation.sum_over(group);
  if (boundary) boundary->sum_over([&](torch::Tensor& counts) { group.sum(counts); });
  if (!evaluation.complete) return stop.exit_code();
  progress.clear();
  if (!group.is_first()) return evaluation.bad_samples == 0 ? kExitDone : kExitSomeBad;
  write_results(options, result_json(evaluation, boundary, loaded.metadata.classes));
  if (evaluation.unknown_pixels > 0) {
    std::cerr << evaluation.unknown_pixels << " pixels count as wrong: " << kNoAnswer << "\n";
  }
  if (evaluation.bad_samples == 0) return kExitDone;
  std::cerr << evaluation.bad_samples << " of " << pictures->size()
            << " pictures could not be read and were left out\n";
  return kExitSomeBad;
}

}  // namespace

void add_segment_eval(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<EvalOptions>();
  CLI::App* command = add_command(parent, "eval", "measure a model on pictures with masks",
                                  "multipole segment eval --model model.safetensors --data streets --split test");
  command->add_option("--model", options->model, "model file")->required();
  add_attention_option(*command, options->attention);
  command->add_option("--data", options->data, segmentation_data_forms())->required();
  command->add_option("--split", options->split, "split to measure on")->capture_default_str();
  add_mask_options(*command, options->masks, "as in training; so for the other options of masks");
  command->add_option("--val-fraction", options->val_fraction,
                      "share of the pictures that makes the split where the data has none; default: as in training");
  command->add_option("--split-seed", options->split_seed, "which pictures that share is; default: as in training");
  command->add_option("--scales", options->copies.scales, "average over the picture at these factors of its size")
      ->check(CLI::Range(0.05, 8.0))
      ->delimiter(',');
  command->add_flag("--flip", options->copies.flip, "average over the picture and its mirror image");
  command->add_flag("--boundary", options->boundary, "measure the borders of regions, too (boundary F1)");
  command->add_option("--json", options->json, "also write the result as JSON to this file; - for standard output");
  command->add_option("--on-error", options->on_error, "unreadable pictures or masks: fail at the first, or skip")
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
