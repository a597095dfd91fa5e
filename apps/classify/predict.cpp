#include <torch/types.h>

#include <iostream>
#include <map>
#include <optional>

#include "apps/arguments/attention_option.h"
#include "apps/arguments/batch_share.h"
#include "apps/arguments/decode_options.h"
#include "apps/arguments/exit_code.h"
#include "apps/arguments/fingerprint.h"
#include "apps/arguments/input_list.h"
#include "apps/arguments/picture_loader.h"
#include "apps/arguments/precision_option.h"
#include "apps/arguments/signals.h"
#include "apps/classify/classify.h"
#include "apps/classify/explanation_writer.h"
#include "apps/classify/prediction_output.h"
#include "apps/classify/prediction_writer.h"
#include "apps/classify/threshold.h"
#include "base/checksum.h"
#include "base/packed_strings.h"
#include "engine/distributed/gather.h"
#include "engine/runtime/batch_slices.h"
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
  bool flip = false;
  bool resume = false;
  std::string precision = "auto";
  ComputeOptions compute;
};

// An input's lines.
struct Result {
  std::string text;
  bool failed = false;  // also where the picture could be read
  bool unreadable = false;
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
  for (const auto& bad : batch.bad) results[bad.index] = {format_failure(format, bad.path, bad.reason), true, true};
  return results;
}

// Results as one process hands them to another: two strings each, of which the first says what became of the input.
constexpr const char *kAnswered = "answered", *kFailed = "failed", *kUnreadable = "unreadable";

std::string packed(const std::map<int64_t, Result>& results) {
  std::vector<std::string> strings;
  for (const auto& [index, result] : results) {
    strings.emplace_back(result.unreadable ? kUnreadable : result.failed ? kFailed : kAnswered);
    strings.push_back(result.text);
  }
  return pack_strings(strings);
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
  if (options.flip) settings["flip"] = true;
  if (options.decode.bands.any()) settings["bands"] = options.decode.bands.chosen;
  const std::string text = settings.dump();
  std::vector<std::string> all;
  for (const auto& path : paths) all.push_back(input_fingerprint(text, path));
  return all;
}

// A run that goes on stays with the precision of the one before; asked where the user leaves it open.
std::string precision_of_before(const PredictOptions& options, const std::vector<std::filesystem::path>& paths) {
  if (!options.resume || paths.empty()) return options.precision;
  for (const std::string precision : {"float32", "bfloat16"}) {
    const auto first = fingerprints(options, precision, {paths.front()}).front();
    if (PredictionOutput::was_begun_with(options.out, first)) return precision;
  }
  return options.precision;
}

// The lines of all inputs and how many failed, at the process that writes them.
class Written {
 public:
  Written(const PredictOptions& options, const std::string& precision, const std::vector<std::filesystem::path>& paths)
      : output_(options.out, prediction_header(prediction_format(options.format)), resume(options, precision, paths)) {}

  int64_t num_done() const { return output_.num_done(); }

  // The results of a batch.
  void take(const std::string& results) {
    const auto strings = unpack_strings(results);
    for (size_t i = 0; i + 1 < strings.size(); i += 2) {
      output_.write(strings[i + 1], strings[i] != kAnswered);
      if (strings[i] == kFailed) ++num_unnamed_;
    }
    output_.flush();
  }

  int finish(size_t num_inputs) {
    output_.finish();
    const int64_t num_unreadable = output_.num_failed() - num_unnamed_;
    if (num_unreadable > 0) std::cerr << num_unreadable << " of " << num_inputs << " inputs could not be read\n";
    if (num_unnamed_ > 0) std::cerr << num_unnamed_ << " of " << num_inputs << " inputs failed: " << kNoAnswer << "\n";
    return output_.num_failed() > 0 ? kExitSomeBad : kExitDone;
  }

 private:
  static PredictionOutput::Resume resume(const PredictOptions& options, const std::string& precision,
                                         const std::vector<std::filesystem::path>& paths) {
    PredictionOutput::Resume before = {
        .wanted = options.resume, .batch_size = options.compute.batch_size, .fingerprints = {}};
    if (PredictionOutput::is_file(options.out)) before.fingerprints = fingerprints(options, precision, paths);
    return before;
  }

  PredictionOutput output_;
  int64_t num_unnamed_ = 0;
};

int predict(const PredictOptions& options) {
  use_threads(options.compute.threads);
  const auto paths = list_inputs(options.inputs, std::cin);
  const ProcessPlace place = process_place_from_environment();
  const ProcessGroup group(place);
  expect_same_inputs(group, options.model, paths);
  // for errors in the words of the options
  select_execution(options.compute.device, options.precision, place.local_rank);
  const auto open = [&](const std::string& precision) {
    return Classifier(options.model,
                      {.device = options.compute.device,
                       .precision = precision == "auto" ? precision_of_before(options, paths) : precision,
                       .batch_size = options.compute.batch_size,
                       .local_rank = place.local_rank,
                       .expected_pictures = static_cast<int64_t>(paths.size()) / group.size(),
                       .attention = options.attention});
  };
  const Classifier classifier = open_in_one_precision(group, options.precision, open);
  check_threshold(options.threshold, options.model, classifier.has_several_classes());
  check_min_probability(options.min_probability, options.model, classifier.has_several_classes());
  const ClassQuestion question{.top_k = options.top_k, .threshold = options.threshold, .flip = options.flip};

  const SignalStop stop;
  std::optional<Written> written;
  if (group.is_first()) {
    std::cerr << precision_line(classifier.precision(), classifier.precision_times()) << "\n";
    written.emplace(options, classifier.precision(), paths);
    if (options.resume) {
      std::cerr << "resuming: " << written->num_done() << " of " << paths.size() << " inputs are done\n";
    }
  }
  const auto num_inputs = static_cast<int64_t>(paths.size()), batch_size = options.compute.batch_size;
  const auto batches = [&](int64_t inputs) { return (inputs + batch_size - 1) / batch_size; };
  const int64_t num_done = value_of_first(group, written ? written->num_done() : 0);
  BatchShare share(group, batches(num_done), batches(num_inputs), stop,
                   [&](const std::string& results) { written->take(results); });
  const auto loader = make_picture_loader(paths, options.decode, classifier.preprocessing(), options.compute);
  loader->take_share(group.process_rank(), group.size());
  loader->start_epoch(0, share.first_own_batch());
  std::optional<ExplanationWriter> explanations;
  if (!options.explain.empty()) explanations.emplace(options.explain, classifier.preprocessing());
  share.start();
  answer_stream([&] { return share.is_stopping() ? std::nullopt : loader->next(); }, classifier.device(),
                [&](const torch::Tensor& images) { return classifier.logits(images, question.flip); },
                [&](const Batch& batch, const torch::Tensor& logits) {
                  print_notes(batch);
                  std::vector<ClassAnswer> answers;
                  if (batch.size() > 0) {
                    if (explanations) explanations->write(classifier, batch, logits);
                    answers = classifier.answers(logits, question);
                  }
                  share.give(packed(batch_results(batch, answers, options)));
                });
  share.finish();
  if (share.is_stopped()) return stop.exit_code();
  return written ? written->finish(paths.size()) : kExitDone;
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
  command->add_flag("--flip", options->flip, kFlipHelp);
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
  add_precision_option(*command, options->precision, kFasterPrecision);
  add_compute_options(*command, options->compute);
  command->callback([options, &run] { run = [options] { return predict(*options); }; });
}

}  // namespace multipole
