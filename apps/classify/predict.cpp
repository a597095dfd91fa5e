#include <torch/types.h>

#include <iostream>
#include <map>
#include <optional>

#include "apps/arguments/attention_option.h"
#include "apps/arguments/decode_options.h"
#include "apps/arguments/exit_code.h"
#include "apps/arguments/fingerprint.h"
#include "apps/arguments/input_list.h"
#include "apps/arguments/picture_loader.h"
#include "apps/arguments/signals.h"
#include "apps/classify/classify.h"
#include "apps/classify/explanation_writer.h"
#include "apps/classify/prediction_output.h"
#include "apps/classify/prediction_writer.h"
#include "apps/classify/threshold.h"
#include "base/checksum.h"
#include "engine/runtime/batch_paths.h"
#include "engine/runtime/execution.h"
#include "heads/metrics/answers.h"
#include "tasks/classification/prediction/classifier.h"

namespace multipole {
namespace {

struct PredictOptions {
  std::string model;
  std::vector<std::string> inputs;
  std::optional<int64_t> top_k;
  std::optional<double> threshold, min_probability;
  std::string format = "text";
  std::string out, explain, attention;
  DecodeOptions decode;
  bool resume = false;
  std::string precision = "auto";
  ComputeOptions compute;
};

// An input's lines.
struct Result {
  std::string text;
  bool failed = false;  // also where the picture could be read
};

Result answer(const std::string& path, const std::vector<ClassPrediction>& predictions,
              const std::vector<std::string>& notes, const PredictOptions& options) {
  const PredictionFormat format = prediction_format(options.format);
  const bool is_sure = !options.min_probability || predictions.at(0).probability >= *options.min_probability;
  return {(is_sure ? format_predictions : format_rejection)(format, path, predictions, notes)};
}

// A batch's results in the order of the inputs, the failed ones among the others.
std::map<int64_t, Result> batch_results(const Batch& batch, const std::vector<ClassAnswer>& answers,
                                        const PredictOptions& options) {
  const PredictionFormat format = prediction_format(options.format);
  std::map<int64_t, Result> results;
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto& path = batch.paths[i];
    results[batch.indices[i]] = answers[i].error.empty()
                                    ? answer(path, answers[i].predictions, batch.notes[i], options)
                                    : Result{format_failure(format, path, path + ": " + answers[i].error), true};
  }
  for (const auto& bad : batch.bad) results[bad.index] = {format_failure(format, bad.path, bad.reason), true};
  return results;
}

// What an input's lines come from. The device and the numbers of threads and of pictures at a time are left out: they
// may move last digits, and who goes on after a failure may have to change them.
std::vector<std::string> fingerprints(const PredictOptions& options, const std::string& precision,
                                      const std::vector<std::filesystem::path>& paths) {
  Json settings = {{"version", MULTIPOLE_VERSION},
                   {"model", content_fingerprint(options.model)},
                   {"precision", precision},
                   {"top_k", options.top_k.value_or(-1)},
                   {"threshold", options.threshold.value_or(-1)},
                   {"min_probability", options.min_probability.value_or(-1)},
                   {"format", options.format},
                   {"explain", checksum(options.explain)},
                   {"allow_truncated", options.decode.allow_truncated}};
  if (!options.attention.empty()) settings["attention"] = options.attention;
  if (options.decode.bands.any()) settings["bands"] = options.decode.bands.chosen;
  const std::string text = settings.dump();
  std::vector<std::string> all;
  for (const auto& path : paths) all.push_back(input_fingerprint(text, path));
  return all;
}

int predict(const PredictOptions& options) {
  use_threads(options.compute.threads);
  const auto paths = list_inputs(options.inputs, std::cin);
  select_execution(options.compute.device, options.precision);  // for errors in the words of the options
  const Classifier classifier(
      options.model,
      {.device = options.compute.device, .precision = options.precision, .attention = options.attention});
  check_threshold(options.threshold, options.model, classifier.has_several_classes());
  check_min_probability(options.min_probability, options.model, classifier.has_several_classes());
  const ClassQuestion question{.top_k = options.top_k, .threshold = options.threshold};

  std::cerr << "computing in " << classifier.precision() << "\n";
  const SignalStop stop;
  PredictionOutput::Resume resume = {
      .wanted = options.resume, .batch_size = options.compute.batch_size, .fingerprints = {}};
  if (PredictionOutput::is_file(options.out))
    resume.fingerprints = fingerprints(options, classifier.precision(), paths);
  PredictionOutput output(options.out, prediction_header(prediction_format(options.format)), std::move(resume));
  if (options.resume) std::cerr << "resuming: " << output.num_done() << " of " << paths.size() << " inputs are done\n";
  const auto loader = make_picture_loader(paths, options.decode, classifier.preprocessing(), options.compute);
  loader->start_epoch(0, (output.num_done() + options.compute.batch_size - 1) / options.compute.batch_size);
  std::optional<ExplanationWriter> explanations;
  if (!options.explain.empty()) explanations.emplace(options.explain, classifier.preprocessing());
  int64_t num_unnamed = 0;
  while (auto batch = loader->next()) {
    if (stop.requested()) return stop.exit_code();
    print_notes(*batch);
    std::vector<ClassAnswer> answers;
    if (batch->size() > 0) {
      const torch::Tensor logits = naming_files(*batch, [&] { return classifier.logits(batch->images); });
      if (explanations) explanations->write(classifier, *batch, logits);
      answers = classifier.answers(logits, question);
    }
    for (const auto& [index, result] : batch_results(*batch, answers, options)) {
      output.write(result.text, result.failed);
      num_unnamed += result.failed ? 1 : 0;
    }
    num_unnamed -= static_cast<int64_t>(batch->bad.size());
    output.flush();
  }
  output.finish();
  const int64_t num_unreadable = output.num_failed() - num_unnamed;
  if (num_unreadable > 0) std::cerr << num_unreadable << " of " << paths.size() << " inputs could not be read\n";
  if (num_unnamed > 0) std::cerr << num_unnamed << " of " << paths.size() << " inputs failed: " << kNoAnswer << "\n";
  return output.num_failed() > 0 ? kExitSomeBad : kExitDone;
}

}  // namespace

void add_classify_predict(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<PredictOptions>();
  CLI::App* command =
      add_command(parent, "predict", "name what pictures show",
                  "multipole classify predict --model model.safetensors --format json photos/ 'more/*.png'");
  command->add_option("--model", options->model, "model file")->required();
  add_attention_option(*command, options->attention);
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
  add_min_probability_option(*command, options->min_probability);
  command->add_option("--format", options->format, "text, json (one object a line) or csv (one row a prediction)")
      ->check(CLI::IsMember({"text", "json", "csv"}))
      ->capture_default_str();
  command->add_option("--out", options->out,
                      "write the results to this file instead of standard output, each as it comes");
  command->add_flag("--resume", options->resume,
                    "go on with the run that was to write --out and was ended before its time; what it did of the same "
                    "inputs, model and settings is kept");
  command->add_option("--explain", options->explain,
                      "write a picture for each input to this folder: where the model saw its first answer");
  add_decode_options(*command, options->decode);
  add_model_bands_option(*command, options->decode);
  add_precision_option(*command, options->precision);
  add_compute_options(*command, options->compute);
  command->callback([options, &run] { run = [options] { return predict(*options); }; });
}

}  // namespace multipole
