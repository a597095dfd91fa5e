#include "engine/report/run_report.h"

#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/json_text.h"
#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

constexpr const char* kJsonName = "report.json";
constexpr const char* kHtmlName = "report.html";

struct History {
  Json curves = Json::array();  // a point for each evaluated epoch
  double seconds = 0;
  Json flops;  // of the whole run; null where they were not counted
};

History read_history(const std::filesystem::path& path) {
  History history;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const Json entry = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!entry.is_object() || entry.value("event", "") != "epoch") continue;
    history.seconds += entry.value("seconds", 0.0);
    history.flops = entry.value("flops", Json());
    if (!entry.contains("val") || entry["val"].empty()) continue;
    Json point = {{"epoch", entry["epoch"]}, {"train_loss", entry["train_loss"]}, {"lr", entry["lr"]}};
    point.update(entry["val"]);
    history.curves.push_back(point);
  }
  return history;
}

// Older reports have the uncalibrated error under "ece" and the stored model's under "ece_calibrated".
void name_calibration_as_today(Json& report) {
  if (!report.contains("calibration") || !report["calibration"].contains("ece_calibrated")) return;
  Json& calibration = report["calibration"];
  for (const std::string key : {"ece", "loss"}) {
    calibration[key + "_uncalibrated"] = calibration[key];
    calibration[key] = calibration[key + "_calibrated"];
    calibration.erase(key + "_calibrated");
  }
}

}  // namespace

Json start_run_report(const std::filesystem::path& run, const ModelMetadata& metadata, const Json& data,
                      const Json& config) {
  const std::string name = std::filesystem::absolute(run).lexically_normal().filename().string();
  const History history = read_history(run / "metrics.jsonl");
  return {{"task", metadata.task},
          {"run", name.empty() ? run.string() : name},
          {"curves", history.curves},
          {"train_seconds", history.seconds},
          {"train_flops", history.flops},
          {"command", metadata.training.value("command", "")},
          {"build", metadata.training.value("build", Json::object())},
          {"data", data},
          {"config", config}};
}

void save_run_report(const std::filesystem::path& run, const Json& report, const std::string& html,
                     TrainObserver& observer) {
  write_file_atomically(run / kJsonName, json_text(report, 2) + "\n");
  write_file_atomically(run / kHtmlName, html);
  observer.on_message("report: " + (run / kHtmlName).string());
}

Json read_run_report(const std::filesystem::path& run) {
  const auto path = run / kJsonName;
  if (!std::filesystem::exists(path)) {
    throw ConfigError(run.string() + " holds no " + kJsonName + ": no run, or one that is not finished");
  }
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  Json report = parse_json_text(text.str(), path.string());
  name_calibration_as_today(report);
  return report;
}

}  // namespace multipole
