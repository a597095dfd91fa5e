#include "tasks/segmentation/probe/segment_probe.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "engine/distributed/process_group.h"
#include "engine/files/run_folder.h"
#include "engine/training/data_loading.h"
#include "tasks/probe/feature_key.h"
#include "tasks/probe/probe_fit.h"
#include "tasks/probe/probe_run.h"
#include "tasks/segmentation/probe/held_out_pictures.h"
#include "tasks/segmentation/probe/probe_tokens.h"
#include "tasks/segmentation/probe/segment_probe_config.h"
#include "tasks/segmentation/probe/segment_probe_settings.h"
#include "tasks/segmentation/segment_data.h"
#include "tasks/segmentation/training/segment_training.h"

namespace multipole {
namespace {

using Clock = std::chrono::steady_clock;

// Where the fit ends: many tokens pin the weights down, and more digits change no answer.
constexpr double kTokenTolerance = 1e-6;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void refuse_settings_of_training(const Json& settings) {
  const std::string name = segment_setting_of_training(settings);
  if (name.empty()) return;
  throw ConfigError(name + " has no meaning for a probe, which looks at each picture once, as in evaluation, and " +
                    "fits a linear head by logistic regression; leave it out, or train without --probe");
}

// The settings of the run that a probe is. Its pictures have no crops, whose size stands in a run's config for the size
// that the backbone was made for.
SegmentConfig probe_run_config(Json settings) {
  settings.erase("probe");
  settings["model"]["head"] = {{"type", "linear"}, {"resize", "stride"}};  // tokens were fitted where they are
  const Json::json_pointer side("/model/backbone/image_size");
  if (settings.contains(side)) {
    settings["augmentation"]["crop_size"] = Json::array({settings[side], settings[side]});
  }
  return resolve_segment_config(config_from_json<SegmentConfig>(settings, ""));
}

class SegmentProbe {
 public:
  SegmentProbe(const SegmentConfig& config, const SegmentProbeConfig& probe, const std::filesystem::path& data,
               const std::filesystem::path& out, TrainObserver& observer, const ResumeOptions& resume,
               const std::atomic<bool>* stop)
      : config_(config),
        probe_(probe),
        pictures_(open_segment_split(config, data, config.data.train_split, mask_options(config.data))),
        training_(open_segmenter_training(config, data)),
        run_(training_->run()),
        folder_(out),
        observer_(observer),
        stop_(stop) {
    check_probe_folder(folder_, resume);
    for (const auto& line : run_.descriptions) observer_.on_message(line);
    model_ = make_model(resume);
    Json all = run_.config;
    all["probe"] = to_json_config(probe_);
    folder_.write_config(all);
  }

  TrainResult train() {
    const auto start = Clock::now();
    TrainResult result;
    result.score_name = training_->score_name();
    result.stop_reason = StopReason::kStopToken;
    const auto fitted = fit(result);
    if (!fitted) return result;
    const auto execution = select_execution(config_.train.device, "float32", 0, kTrainDevice);  // as `eval` does
    TrainedModel trained = model_;
    const auto task = run_.make_task(execution, folder_.best_path(), trained);
    const TaskEvaluation evaluation = task->score(trained, ProcessGroup(ProcessPlace()), stop_);
    if (!evaluation.complete) return result;
    task->keep_best(trained, {{"metrics", evaluation.metrics}, {"probe", summary_}});
    log_probe(folder_,
              {.fit = fitted->summary,
               .metrics = evaluation.metrics,
               .samples = run_.train_samples,
               .seconds = seconds_since(start)},
              config_.train.log_every);
    finish_probe(result, folder_, fitted->fit.iterations, evaluation.score);
    training_->report(folder_.path(), observer_, stop_);
    return result;
  }

 private:
  // With the whole backbone of the initial weights.
  VisionModel make_model(const ResumeOptions& resume) const {
    torch::manual_seed(static_cast<uint64_t>(config_.train.seed));
    auto model = run_.make_model().as<VisionModel>();
    take_whole_backbone(*model, resume, pictures_->class_names());
    model->eval();
    return model;
  }

  // The tokens to fit to; nothing where `stop` came first.
  std::optional<Tokens> compute_tokens(TrainResult& result) {
    const auto execution = select_execution(config_.train.device, config_.train.precision, 0, kTrainDevice);
    prepare_inference(*model_, execution);
    LoaderOptions options;
    options.batch_size = 1;  // pictures have sizes of their own
    options.num_workers = config_.data.workers;
    options.prefetch = config_.data.prefetch;
    limit_bad_pictures(options, config_.train);
    Loader loader(pictures_, keep_sample(), config_.preprocessing, options);
    const auto kept = probe_.features.empty() ? folder_.path() / "features" : std::filesystem::path(probe_.features);
    MapStore store(kept, feature_fingerprint(*model_, execution),
                   model_->backbone()->feature_info().back().num_channels);
    TokenSample sample(probe_.tokens, static_cast<uint64_t>(config_.train.seed));
    const auto start = Clock::now();
    const MapPass pass = sample_tokens(model_, loader, pictures_->size(), execution, store, sample, observer_, stop_);
    const double seconds = seconds_since(start);
    if (!store.damage().empty()) observer_.on_message(store.damage() + "; computed again");
    result.bad_samples = pass.bad_samples;
    if (!pass.complete) return std::nullopt;
    observer_.on_message("maps of " + std::to_string(pass.computed + pass.reused) + " whole pictures: " +
                         std::to_string(pass.computed) + " computed, " + std::to_string(pass.reused) + " reused, " +
                         fixed(seconds, 2) + " s; kept in " + store.path().string());
    summary_["features"] = {{"computed", pass.computed}, {"reused", pass.reused}, {"seconds", seconds}};
    Tokens tokens = sample.take();
    if (!tokens.features.defined())
      throw InputError("no training picture has a labelled pixel: there is nothing to fit");
    const int64_t count = tokens.features.size(0);
    observer_.on_message(count == sample.num_labelled()
                             ? "all " + std::to_string(count) + " labelled tokens"
                             : std::to_string(count) + " of " + std::to_string(sample.num_labelled()) +
                                   " labelled tokens, drawn by train.seed (probe.tokens)");
    summary_["tokens"] = {{"labelled", sample.num_labelled()}, {"fitted", count}};
    return tokens;
  }

  // The head, fitted and put into the model; nothing where `stop` came first.
  std::optional<FittedProbe> fit(TrainResult& result) {
    auto tokens = compute_tokens(result);
    if (!tokens) return std::nullopt;
    const auto split = hold_out_pictures(*tokens, probe_.held_out, static_cast<uint64_t>(config_.train.seed));
    const auto scale = Standardization::of(tokens->features);
    const LogisticProblem problem = {scale.apply(tokens->features), tokens->targets};
    tokens.reset();
    const std::string words = std::to_string(split.held_out.size(0)) + " tokens of pictures held out";
    const auto fitted = fit_probe(problem, {split}, words, probe_, stop_, kTokenTolerance);
    if (!fitted) return std::nullopt;
    put_head(scale.fold(fitted->fit.weights));
    summary_.update(fitted->summary);
    for (const auto& sentence : fitted->sentences) observer_.on_message(sentence);
    return fitted;
  }

  void put_head(const LinearWeights& weights) {
    const torch::NoGradGuard no_grad;
    auto parameters = model_->head().named_parameters();
    parameters["classifier.weight"].copy_(weights.weight);
    parameters["classifier.bias"].copy_(weights.bias);
  }

  SegmentConfig config_;  // resolved
  SegmentProbeConfig probe_;
  std::shared_ptr<const SegmentationDataset> pictures_;  // to fit to
  std::unique_ptr<OpenedTraining> training_;
  TrainingRun run_;
  RunFolder folder_;
  TrainObserver& observer_;
  const std::atomic<bool>* stop_;
  VisionModel model_{nullptr};
  Json summary_ = Json::object();
};

}  // namespace

TrainResult train_segment_probe(const Json& settings, const std::filesystem::path& data,
                                const std::filesystem::path& out, TrainObserver& observer, const ResumeOptions& resume,
                                const std::atomic<bool>* stop) {
  check_probe_request(out, resume);
  refuse_settings_of_training(settings);
  const auto probe = config_from_json<SegmentProbeConfig>(settings.value("probe", Json::object()), "probe");
  return SegmentProbe(probe_run_config(settings), probe, data, out, observer, resume, stop).train();
}

}  // namespace multipole
