#include "engine/report/run_report.h"

#include <cmath>
#include <fstream>
#include <map>
#include <string>

#include "backbone/config/error.h"
#include "datasets/codec_versions.h"
#include "engine/files/atomic_file.h"
#include "engine/files/model_file.h"
#include "engine/recipes/census.h"
#include "engine/report/classification_report.h"
#include "engine/report/html_report.h"
#include "engine/report/page.h"
#include "engine/report/thumbnail.h"
#include "engine/training/execution.h"

namespace multipole {
namespace {

constexpr const char* kJsonName = "report.json";
constexpr const char* kHtmlName = "report.html";

struct History {
  Json curves = Json::array();  // a point for each evaluated epoch
  double seconds = 0;
};

History read_history(const std::filesystem::path& path) {
  History history;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const Json entry = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!entry.is_object() || entry.value("event", "") != "epoch") continue;
    history.seconds += entry.value("seconds", 0.0);
    if (!entry.contains("val") || entry["val"].empty()) continue;
    Json point = {{"epoch", entry["epoch"]}, {"train_loss", entry["train_loss"]}, {"lr", entry["lr"]}};
    point.update(entry["val"]);
    history.curves.push_back(point);
  }
  return history;
}

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

void write_run_report(const ClassifyConfig& config, const ClassifyData& data, const std::filesystem::path& run,
                      TrainObserver& observer, const std::atomic<bool>* stop) {
  const auto best = run / "best.safetensors";
  Execution execution = select_execution(config.train.device, "float32");
  LoadedModel loaded = load_model(best);
  loaded.model->to(execution.device);
  const auto outputs = collect_outputs(loaded.model, *data.validation, execution, stop);
  if (!outputs.complete) return;

  const std::string name = std::filesystem::absolute(run).lexically_normal().filename().string();
  Json report = {{"task", "classification"}, {"run", name.empty() ? run.string() : name}};
  report.update(classification_report(outputs, data.class_names));
  const History history = read_history(run / "metrics.jsonl");
  report["curves"] = history.curves;
  report["census"] = take_census(*data.train_pictures, data.train_labels, data.class_names).to_json();
  report["warnings"] = warnings_of(report);
  report["train_seconds"] = history.seconds;
  report["command"] = loaded.metadata.training.value("command", "");
  report["build"] = loaded.metadata.training.value("build", Json::object());
  report["data"] = data.fingerprint;
  report["config"] = to_json_config(config);

  loaded.model->to(torch::kCPU);
  loaded.metadata.training["calibration"] = {{"temperature", report["calibration"]["temperature"]},
                                             {"ece", report["calibration"]["ece"]},
                                             {"ece_calibrated", report["calibration"]["ece_calibrated"]}};
  save_model(best, *loaded.model, loaded.metadata);
  write_file_atomically(run / kJsonName, report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  write_file_atomically(run / kHtmlName,
                        html_report(report, make_thumbnails(report["mistakes"], *data.validation_pictures)));
  observer.on_message("report: " + (run / kHtmlName).string());
}

Json read_run_report(const std::filesystem::path& run) {
  const auto path = run / kJsonName;
  if (!std::filesystem::exists(path)) {
    throw ConfigError(run.string() + " holds no " + kJsonName + ": no run, or one that is not finished");
  }
  return read_json_file(path);
}

}  // namespace multipole
