#include "tasks/classification/report/multi_label_run.h"

#include "engine/files/model_file.h"
#include "engine/report/run_report.h"
#include "engine/runtime/execution.h"
#include "heads/metrics/shares.h"
#include "tasks/classification/evaluation/multi_label_evaluator.h"
#include "tasks/classification/report/html_report.h"
#include "tasks/recipes/census.h"

namespace multipole {
namespace {

Json multi_label_warnings(const Json& rows) {
  std::string unseen;
  for (const auto& row : rows) {
    if (row["samples"] == 0) unseen += (unseen.empty() ? "" : ", ") + row["class"].get<std::string>();
  }
  Json warnings = Json::array();
  if (!unseen.empty())
    warnings.push_back("no picture to measure on shows these classes, and mAP is without them: " + unseen);
  return warnings;
}

}  // namespace

void report_multi_label_run(const ClassifyConfig& config, const ClassifyData& data, const std::filesystem::path& run,
                            TrainObserver& observer, const std::atomic<bool>* stop) {
  const Execution execution = select_execution(config.train.device, "float32", 0, kTrainDevice);
  LoadedModel loaded = load_model(run / "best.safetensors");
  prepare_inference(*loaded.model, execution);
  const auto evaluation = evaluate_multi_label(loaded.model, *data.validation, data.label_sets, execution, 0.5, stop);
  if (!evaluation.complete) return;

  const Json found = evaluation.metrics.to_json(data.class_names);
  Json report = start_run_report(run, loaded.metadata, data.fingerprint, to_json_config(config));
  report["metrics"] = {{"samples", found["samples"]},   {"bad_samples", evaluation.bad_samples},
                       {"map", found["map"]},           {"macro_f1", found["macro_f1"]},
                       {"micro_f1", found["micro_f1"]}, {"loss", number_or_null(evaluation.loss)}};
  report["threshold"] = found["threshold"];
  report["per_class"] = found["per_class"];
  report["warnings"] = multi_label_warnings(found["per_class"]);
  report["census"] = take_census(*data.train_pictures, train_class_occurrences(data), data.class_names).to_json();
  save_run_report(run, report, html_multi_label_report(report), observer);
}

}  // namespace multipole
