#include "tasks/probe/probe_run.h"

#include <algorithm>

#include "base/error.h"
#include "engine/distributed/process_place.h"
#include "engine/observers/metrics_observer.h"
#include "engine/weights/weight_init.h"

namespace multipole {

std::string first_setting(const Json& settings, std::span<const char* const> pointers) {
  for (const char* pointer : pointers) {
    if (!settings.contains(Json::json_pointer(pointer))) continue;
    std::string name = std::string(pointer).substr(1);
    std::replace(name.begin(), name.end(), '/', '.');
    return name;
  }
  return "";
}

void check_probe_request(const std::filesystem::path& out, const ResumeOptions& resume) {
  if (!resume.init_weights) {
    throw ConfigError("a probe is fitted on the features of a trained backbone: give a model with --init");
  }
  if (resume.mode == ResumeMode::kPath) {
    throw ConfigError("a probe has no state to go on from; run the same command again, it reuses the features that " +
                      out.string() + " keeps, or set probe.features to a folder that runs share");
  }
  if (process_place_from_environment().num_processes > 1) {
    throw ConfigError("a probe is fitted by one process; start it without a launcher");
  }
}

void check_probe_folder(const RunFolder& folder, const ResumeOptions& resume) {
  if (!folder.has_run()) return;
  if (resume.mode == ResumeMode::kNever) {
    throw ConfigError(folder.path().string() + " already holds a run; choose another folder, or leave out --resume " +
                      "never to fit the probe again");
  }
  if (!read_json_file(folder.config_path()).contains("probe")) {
    throw ConfigError(folder.path().string() + " holds a training that is no probe; choose another folder");
  }
}

void take_whole_backbone(VisionModelImpl& model, const ResumeOptions& resume,
                         const std::vector<std::string>& class_names) {
  const auto report = initialize_weights(model, *resume.init_weights, class_names, resume.init_key_map);
  for (const auto& entry : report.entries) {
    const bool is_fresh = entry.fate == WeightFate::kMissing || entry.fate == WeightFate::kMismatched;
    if (!is_fresh || !entry.name.starts_with("backbone.")) continue;
    throw ModelFileError(resume.init_weights->string() + " has no weights that fit " + entry.name +
                         "; a probe needs the whole backbone, since it trains none of it");
  }
}

void log_probe(const RunFolder& folder, const ProbeEpoch& probe, int64_t log_every) {
  EpochReport epoch;
  epoch.step = probe.fit["iterations"].get<int64_t>();
  epoch.train_loss = probe.fit["loss"].get<double>();
  epoch.seconds = probe.seconds;
  epoch.images_per_second = static_cast<double>(probe.samples) / std::max(probe.seconds, 1e-9);
  epoch.metrics = probe.metrics;
  epoch.is_best = true;
  TrainObserver silent;
  MetricsObserver(folder, 0, log_every, silent).on_epoch_end(epoch);
}

void finish_probe(TrainResult& result, const RunFolder& folder, int64_t iterations, double score) {
  result.stop_reason = StopReason::kFinished;
  result.has_trained = true;
  result.num_steps = iterations;
  result.best_epoch = 0;
  result.best_score = score;
  result.best_model = folder.best_path();
}

}  // namespace multipole
