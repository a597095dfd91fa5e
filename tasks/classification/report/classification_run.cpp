#include "tasks/classification/report/classification_run.h"

#include <cmath>
#include <map>
#include <string>

#include "base/error.h"
#include "datasets/codecs/codec_versions.h"
#include "engine/files/model_file.h"
#include "engine/report/page.h"
#include "engine/report/run_report.h"
#include "engine/report/thumbnail.h"
#include "engine/runtime/execution.h"
#include "tasks/classification/report/classification_report.h"
#include "tasks/classification/report/html_report.h"
#include "tasks/recipes/census.h"

namespace multipole {
namespace {

Json warnings_of(const Json& report) {
  Json warnings = Json::array();
  const auto samples = report["metrics"]["samples"].get<double>();
  const double top1 = number_at(report["metrics"], "top1");
  if (samples > 0 && samples < 1000) {
    const double error = 1.96 * std::sqrt(std::max(top1 * (1 - top1), 0.25 / samples) / samples);
    warnings.push_back(number_text(samples, 0) + " pictures tell top-1 only to about " + number_text(100 * error, 1) +
                       " points up or down");
  }
  std::string unseen;
  for (const auto& row : report["per_class"]) {
    if (row["samples"] == 0) unseen += (unseen.empty() ? "" : ", ") + row["class"].get<std::string>();
  }
  if (!unseen.empty()) warnings.push_back("no picture of these classes to measure on: " + unseen);
  return warnings;
}

std::map<std::string, std::string> make_thumbnails(const Json& mistakes, const Dataset& pictures) {
  std::map<std::string, std::string> thumbnails;
  if (codec_versions().empty()) return thumbnails;  // nothing to write them with
  for (const char* list : {"confident", "worst"}) {
    for (const auto& mistake : mistakes[list]) {
      const auto path = mistake["path"].get<std::string>();
      if (thumbnails.contains(path)) continue;
      try {
        thumbnails[path] = thumbnail_uri(pictures.get(mistake["index"].get<int64_t>()).image);
      } catch (const InputError&) {
        continue;  // gone since it was measured: its entry stands without a picture
      }
    }
  }
  return thumbnails;
}

}  // namespace

void report_classification_run(const ClassifyConfig& config, const ClassifyData& data, const std::filesystem::path& run,
                               TrainObserver& observer, const std::atomic<bool>* stop, const ClassifierOutputs* known) {
  const auto best = run / "best.safetensors";
  const Execution execution = select_execution(config.train.device, "float32", 0, kTrainDevice);
  LoadedModel loaded = load_model(best);
  prepare_inference(*loaded.model, execution);
  const auto outputs = known != nullptr ? *known : collect_outputs(loaded.model, *data.validation, execution, stop);
  if (!outputs.complete) return;

  Json report = start_run_report(run, loaded.metadata, data.fingerprint, to_json_config(config));
  report.update(classification_report(outputs, data.class_names));
  report["census"] = take_census(*data.train_pictures, train_class_occurrences(data), data.class_names).to_json();
  report["warnings"] = warnings_of(report);

  loaded.model->to(torch::kCPU);
  Json& stored = loaded.metadata.training["calibration"] = Json::object();
  for (const char* key : {"temperature", "ece", "ece_uncalibrated"}) stored[key] = report["calibration"][key];
  save_model(best, *loaded.model, loaded.metadata);
  save_run_report(run, report, html_report(report, make_thumbnails(report["mistakes"], *data.validation_pictures)),
                  observer);
}

}  // namespace multipole
