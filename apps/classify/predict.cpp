#include <torch/types.h>

#include <iostream>
#include <map>
#include <mutex>
#include <optional>

#include "apps/classify/classify.h"
#include "apps/classify/explanation_writer.h"
#include "apps/classify/prediction_writer.h"
#include "apps/classify/predictions.h"
#include "apps/classify/threshold.h"
#include "apps/common/exit_code.h"
#include "apps/common/input_list.h"
#include "apps/common/picture_list.h"
#include "apps/common/result_output.h"
#include "apps/common/signals.h"
#include "datasets/loader.h"
#include "engine/files/classifier_file.h"
#include "engine/training/batch_paths.h"
#include "engine/training/execution.h"
#include "heads/metrics/answers.h"

namespace multipole {
namespace {

constexpr int64_t kTopFew = 5;

struct PredictOptions {
  std::string model;
  std::vector<std::string> inputs;
  std::optional<int64_t> top_k;
  std::optional<double> threshold;
  std::string format = "text";
  std::string out, explain;
  bool allow_truncated = false;
  std::string precision = "auto";
  ComputeOptions compute;
};

std::vector<std::vector<Prediction>> answers(const torch::Tensor& logits, const PredictOptions& options,
                                             const ModelMetadata& metadata) {
  if (!is_multi_label(metadata)) return top_predictions(logits, options.top_k.value_or(kTopFew), metadata.classes);
  return predictions_above(logits, options.threshold.value_or(kDefaultThreshold),
                           options.top_k.value_or(logits.size(1)), metadata.classes);
}

// What a batch came to: a line for each input, in the order of the inputs, the failed ones among the others.
struct BatchResult {
  std::map<int64_t, std::string> lines;
  size_t num_failed = 0;  // of those that could be read
};

BatchResult batch_result(const Batch& batch, const torch::Tensor& logits, const PredictOptions& options,
                         const ModelMetadata& metadata) {
  const PredictionFormat format = prediction_format(options.format);
  BatchResult result;
  if (batch.size() > 0) {
    const auto predictions = answers(logits, options, metadata);
    const auto known = answers_of(logits, 1).known.cpu();
    for (size_t i = 0; i < predictions.size(); ++i) {
      const bool is_known = known[static_cast<int64_t>(i)].item<bool>();
      if (!is_known) ++result.num_failed;
      result.lines[batch.indices[i]] = is_known ? format_predictions(format, batch.paths[i], predictions[i])
                                                : format_failure(format, batch.paths[i], kNoAnswer);
    }
  }
  for (const auto& bad : batch.bad) result.lines[bad.index] = format_failure(format, bad.path, bad.reason);
  return result;
}

PictureList::Note print_notes() {
  const auto mutex = std::make_shared<std::mutex>();
  return [mutex](const std::string& path, const std::string& note) {
    const std::lock_guard lock(*mutex);
    std::cerr << path << ": note: " << note << "\n";
  };
}

Loader make_loader(const PredictOptions& options, const std::vector<std::filesystem::path>& paths,
                   const Preprocessing& preprocessing) {
  DecodeOptions decode;
  decode.allow_truncated = options.allow_truncated;
  LoaderOptions loader;
  loader.batch_size = options.compute.batch_size;
  loader.num_workers = options.compute.workers;
  return Loader(std::make_shared<PictureList>(paths, decode, print_notes()), make_eval_transform(preprocessing),
                preprocessing, loader);
}

int predict(const PredictOptions& options) {
  use_threads(options.compute.threads);
  const auto paths = list_inputs(options.inputs, std::cin);
  const Execution execution = select_execution(options.compute.device, options.precision);
  LoadedModel loaded = load_classifier(options.model);
  const auto preprocessing = config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing");
  check_threshold(options.threshold, options.model, loaded.metadata);
  loaded.model->to(execution.device);

  std::cerr << "computing in " << execution.precision_name() << "\n";
  const SignalStop stop;
  ResultOutput output(options.out);
  output.write(prediction_header(prediction_format(options.format)));
  Loader loader = make_loader(options, paths, preprocessing);
  loader.start_epoch(0);
  std::optional<ExplanationWriter> explanations;
  if (!options.explain.empty()) explanations.emplace(options.explain, preprocessing);
  const double temperature = calibration_temperature(loaded.metadata);
  const c10::InferenceMode inference;
  size_t num_bad = 0, num_failed = 0;
  while (auto batch = loader.next()) {
    if (stop.requested()) return stop.exit_code();
    torch::Tensor logits;
    if (batch->size() > 0) {
      const AutocastGuard autocast(execution);
      logits = naming_files(*batch, [&] { return loaded.model->forward(batch->images.to(execution.device)); });
      logits = logits.to(torch::kFloat) / temperature;
    }
    if (explanations) explanations->write(loaded.model, *batch, logits);
    const BatchResult result = batch_result(*batch, logits, options, loaded.metadata);
    for (const auto& [index, line] : result.lines) output.write(line);
    output.flush();
    num_bad += batch->bad.size();
    num_failed += result.num_failed;
  }
  output.finish();
  if (num_bad > 0) std::cerr << num_bad << " of " << paths.size() << " inputs could not be read\n";
  if (num_failed > 0) std::cerr << num_failed << " of " << paths.size() << " inputs failed: " << kNoAnswer << "\n";
  return num_bad + num_failed > 0 ? kExitSomeBad : kExitDone;
}

}  // namespace

void add_classify_predict(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<PredictOptions>();
  CLI::App* command =
      add_command(parent, "predict", "name what pictures show",
                  "multipole classify predict --model model.safetensors --format json photos/ 'more/*.png'");
  command->add_option("--model", options->model, "model file")->required();
  command
      ->add_option("INPUT", options->inputs,
                   "files, folders (pictures at any depth, in byte order of their paths), quoted globs, or - for a "
                   "list on standard input, one path a line")
      ->required();
  command
      ->add_option(
          "--top-k", options->top_k,
          "at most so many classes, the most probable ones; 5, or all above the threshold by a model of several "
          "classes a picture")
      ->check(CLI::Range(int64_t{1}, int64_t{1000000}));
  add_threshold_option(*command, options->threshold);
  command->add_option("--format", options->format, "text, json (one object a line) or csv (one row a prediction)")
      ->check(CLI::IsMember({"text", "json", "csv"}))
      ->capture_default_str();
  command->add_option("--out", options->out, "write the results to this file instead of standard output");
  command->add_option("--explain", options->explain,
                      "write a picture for each input to this folder: where the model saw its first answer");
  command->add_flag("--allow-truncated", options->allow_truncated, "take what a damaged JPEG still shows");
  add_precision_option(*command, options->precision);
  add_compute_options(*command, options->compute);
  command->callback([options, &run] { run = [options] { return predict(*options); }; });
}

}  // namespace multipole
