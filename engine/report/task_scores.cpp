#include "engine/report/task_scores.h"

#include <algorithm>

#include "base/error.h"
#include "engine/files/classifier_file.h"
#include "engine/report/page.h"

namespace multipole {

TaskScores scores_for(const std::vector<Json>& reports) {
  for (const auto& report : reports) {
    if (report["task"] == reports.front()["task"]) continue;
    throw ConfigError(reports.front()["run"].get<std::string>() + " is a " +
                      reports.front()["task"].get<std::string>() + " and " + report["run"].get<std::string>() + " a " +
                      report["task"].get<std::string>() + ": they have no figure in common");
  }
  if (!reports.empty() && reports.front()["task"] == "segmentation") {
    return {"miou",
            "mIoU",
            {{"mIoU", "metrics", "miou", true},
             {"pixels", "metrics", "pixel_accuracy", true},
             {"balanced", "metrics", "mean_accuracy", true},
             {"Dice", "metrics", "mean_dice", true}}};
  }
  if (!reports.empty() && reports.front()["task"] == kMultiLabelClassification) {
    return {"map",
            "mAP",
            {{"mAP", "metrics", "map", true},
             {"macro F1", "metrics", "macro_f1", false},
             {"micro F1", "metrics", "micro_f1", false},
             {"loss", "metrics", "loss", false}}};
  }
  return {"top1",
          "Top-1",
          {{"top-1", "metrics", "top1", true},
           {"balanced", "metrics", "balanced_accuracy", true},
           {"macro F1", "metrics", "macro_f1", false},
           {"loss", "metrics", "loss", false},
           {"ECE", "calibration", "ece", true}}};
}

double score_of(const Json& report, const Score& score) { return number_at(report[score.part], score.key); }

std::string score_text(const Score& score, double value) {
  return score.is_share ? percent_text(value, 2) : number_text(value, 4);
}

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    text += row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (size_t i = 1; i < row.size(); ++i) text += "  " + std::string(widths[i] - row[i].size(), ' ') + row[i];
    text += "\n";
  }
  return text;
}

}  // namespace multipole
