#include "tasks/classification/probe/probe_training.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "engine/distributed/process_group.h"
#include "engine/files/run_folder.h"
#include "engine/training/data_loading.h"
#include "tasks/classification/classify_data.h"
#include "tasks/classification/evaluation/classifier_outputs.h"
#include "tasks/classification/probe/probe_config.h"
#include "tasks/classification/probe/probe_features.h"
#include "tasks/classification/probe/probe_folds.h"
#include "tasks/classification/probe/probe_settings.h"
#include "tasks/classification/report/classification_run.h"
#include "tasks/classification/training/classify_task.h"
#include "tasks/classification/training/classify_training.h"
#include "tasks/probe/feature_key.h"
#include "tasks/probe/probe_fit.h"
#include "tasks/probe/probe_run.h"

namespace multipole {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void refuse_settings_of_training(const Json& settings) {
  const std::string name = setting_of_training(settings);
  if (name.empty()) return;
  throw ConfigError(name + " has no meaning for a probe, which looks at each picture once, as in evaluation, and " +
                    "fits one linear layer by logistic regression; leave it out, or train without --probe");
}

class ProbeTraining {
 public:
  ProbeTraining(const ClassifyConfig& config, const ProbeConfig& probe, const std::filesystem::path& data,
                const std::filesystem::path& out, TrainObserver& observer, const ResumeOptions& resume,
                const std::atomic<bool>* stop)
      : config_(config),
        probe_(probe),
        training_(open_classifier_training(config, data)),
        run_(training_->run()),
        data_(open_classify_data(config, data)),
        folder_(out),
        observer_(observer),
        stop_(stop) {
    check_probe_folder(folder_, resume);
    config_.objective = resolve_objective(config_.objective, data_.label_sets.defined());
    config_.model.num_classes = run_.num_classes;
    Json all = run_.config;
    all["probe"] = to_json_config(probe_);
    for (const auto& line : run_.descriptions) observer_.on_message(line);
    model_ = make_model(resume);
    folder_.write_config(all);
  }

  TrainResult train() {
    const auto start = Clock::now();
    TrainResult result;
    result.score_name = training_->score_name();
    const ProbeFeatures features = compute_features();
    result.bad_samples = features.bad_samples;
    result.stop_reason = StopReason::kStopToken;
    if (!features.complete) return result;
    const auto fitted = fit(features);
    if (!fitted) return result;
    const auto execution = select_execution(config_.train.device, "float32", 0, kTrainDevice);  // as `eval` does
    TrainedModel trained = model_;
    const auto task = run_.make_task(execution, folder_.best_path(), trained);
    // asked once, for score and report
    std::optional<ClassifierOutputs> outputs;
    if (!data_.label_sets.defined()) outputs = collect_outputs(model_, *data_.validation, execution, stop_);
    const TaskEvaluation evaluation = outputs ? task_evaluation(evaluate_outputs(*outputs), config_.objective)
                                              : task->score(trained, ProcessGroup(ProcessPlace()), stop_);
    if (!evaluation.complete) return result;
    task->keep_best(trained, {{"metrics", evaluation.metrics}, {"probe", summary_}});
    log_probe(folder_,
              {.fit = fitted->summary,
               .metrics = evaluation.metrics,
               .samples = data_.train_samples,
               .seconds = seconds_since(start)},
              config_.train.log_every);
    finish_probe(result, folder_, fitted->fit.iterations, evaluation.score);
    if (outputs) {
      report_classification_run(config_, data_, folder_.path(), observer_, stop_, &*outputs);
    } else {
      training_->report(folder_.path(), observer_, stop_);
    }
    return result;
  }

 private:
  // With the whole backbone of the initial weights.
  VisionModel make_model(const ResumeOptions& resume) const {
    torch::manual_seed(static_cast<uint64_t>(config_.train.seed));
    auto model = run_.make_model().as<VisionModel>();
    take_whole_backbone(*model, resume, data_.class_names);
    model->eval();
    return model;
  }

  ProbeFeatures compute_features() {
    const auto execution = select_execution(config_.train.device, config_.train.precision, 0, kTrainDevice);
    prepare_inference(*model_, execution);
    LoaderOptions options;
    options.batch_size = probe_.batch_size;
    options.num_workers = config_.data.workers;
    options.prefetch = config_.data.prefetch;
    limit_bad_pictures(options, config_.train);
    Loader loader(data_.train_pictures, make_eval_transform(config_.preprocessing), config_.preprocessing, options);
    const auto kept = probe_.features.empty() ? folder_.path() / "features" : std::filesystem::path(probe_.features);
    FeatureStore store(kept, feature_fingerprint(*model_, execution), model_->backbone()->embedding_dim());
    if (!store.damage().empty()) observer_.on_message(store.damage() + "; computing these features again");
    const auto start = Clock::now();
    auto features = probe_features(model_, loader, data_.train_samples, execution, store, observer_, stop_);
    const double seconds = seconds_since(start);
    observer_.on_message("features of " + std::to_string(features.computed + features.reused) + " pictures at " +
                         std::to_string(config_.preprocessing.image_size) + " pixels: " +
                         std::to_string(features.computed) + " computed, " + std::to_string(features.reused) +
                         " reused, " + fixed(seconds, 2) + " s; kept in " + store.path().string());
    summary_["features"] = {{"computed", features.computed}, {"reused", features.reused}, {"seconds", seconds}};
    return features;
  }

  LogisticProblem problem_of(const ProbeFeatures& features, const torch::Tensor& standardised) const {
    if (data_.label_sets.defined()) {
      return {standardised, data_.label_sets.index_select(0, features.labels).to(torch::kDouble),
              LogisticKind::kIndependent};
    }
    return {standardised, torch::one_hot(features.labels, run_.num_classes).to(torch::kDouble),
            LogisticKind::kMultinomial};
  }

  // The head, fitted and put into the model; nothing where `stop` came first.
  std::optional<FittedProbe> fit(const ProbeFeatures& features) {
    if (features.vectors.size(0) < 2) {
      throw InputError("a probe needs at least two training pictures that can be read");
    }
    const auto scale = Standardization::of(features.vectors);
    const auto problem = problem_of(features, scale.apply(features.vectors));
    const auto splits = cross_validation(problem, probe_.folds, static_cast<uint64_t>(config_.train.seed));
    const auto folds = static_cast<int64_t>(splits.size());
    const auto fitted = fit_probe(problem, splits, std::to_string(folds) + "-fold cross-validation", probe_, stop_);
    if (!fitted) return std::nullopt;
    if (folds < probe_.folds) {
      observer_.on_message(std::to_string(folds) + " folds in place of " + std::to_string(probe_.folds) +
                           ": the smallest class has too few pictures for more");
    }
    put_head(scale.fold(fitted->fit.weights));
    summary_.update(fitted->summary);
    summary_["folds"] = folds;
    for (const auto& sentence : fitted->sentences) observer_.on_message(sentence);
    return fitted;
  }

  void put_head(const LinearWeights& weights) {
    const torch::NoGradGuard no_grad;
    auto parameters = model_->head().named_parameters();
    parameters["linear.weight"].copy_(weights.weight);
    parameters["linear.bias"].copy_(weights.bias);
  }

  ClassifyConfig config_;
  ProbeConfig probe_;
  std::unique_ptr<OpenedTraining> training_;
  TrainingRun run_;
  ClassifyData data_;
  RunFolder folder_;
  TrainObserver& observer_;
  const std::atomic<bool>* stop_;
  VisionModel model_{nullptr};
  Json summary_ = Json::object();
};

}  // namespace

TrainResult train_probe(const Json& settings, const std::filesystem::path& data, const std::filesystem::path& out,
                        TrainObserver& observer, const ResumeOptions& resume, const std::atomic<bool>* stop) {
  check_probe_request(out, resume);
  refuse_settings_of_training(settings);
  Json rest = settings;
  const auto probe = config_from_json<ProbeConfig>(rest.value("probe", Json::object()), "probe");
  rest.erase("probe");
  rest["model"]["head"] = {{"type", "classification"}, {"pooling", "embedding"}};
  const auto config = resolve_classify_config(config_from_json<ClassifyConfig>(rest, ""));
  return ProbeTraining(config, probe, data, out, observer, resume, stop).train();
}

}  // namespace multipole
