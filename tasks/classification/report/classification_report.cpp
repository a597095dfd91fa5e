#include "tasks/classification/report/classification_report.h"

#include <algorithm>
#include <cmath>

#include "engine/report/calibration.h"
#include "heads/losses/cross_entropy.h"
#include "heads/metrics/classification_metrics.h"
#include "heads/metrics/shares.h"

namespace multipole {
namespace {

Json share(int64_t part, int64_t whole) {
  return whole == 0 ? Json(nullptr) : Json(static_cast<double>(part) / static_cast<double>(whole));
}

// Precision, recall and their harmonic mean of each class.
Json class_rows(const torch::Tensor& confusion, const std::vector<std::string>& class_names) {
  const auto truths = confusion.sum(1), answers = confusion.sum(0);
  Json rows = Json::array();
  for (size_t i = 0; i < class_names.size(); ++i) {
    const auto place = static_cast<int64_t>(i);
    const auto right = confusion[place][place].item<int64_t>();
    const auto truth = truths[place].item<int64_t>(), answer = answers[place].item<int64_t>();
    rows.push_back({{"class", class_names[i]},
                    {"samples", truth},
                    {"precision", share(right, answer)},
                    {"recall", share(right, truth)},
                    {"f1", share(2 * right, truth + answer)}});
  }
  return rows;
}

// Of the classes that occur in the data.
Json macro_f1(const Json& rows) {
  double sum = 0;
  int64_t classes = 0;
  for (const auto& row : rows) {
    if (row["samples"] == 0) continue;
    sum += row["f1"].get<double>();
    ++classes;
  }
  return classes == 0 ? Json(nullptr) : Json(sum / static_cast<double>(classes));
}

// The rows that answer something: what is not a finite number is neither confident nor calibrated.
ClassifierOutputs answered(const ClassifierOutputs& outputs) {
  const auto rows = outputs.logits.isfinite().all(1).nonzero().squeeze(1);
  ClassifierOutputs kept;
  kept.logits = outputs.logits.index_select(0, rows);
  kept.labels = outputs.labels.index_select(0, rows);
  return kept;
}

Json calibration_json(const ClassifierOutputs& outputs, double temperature) {
  const auto bins_at = [&](double t) {
    return reliability_bins(calibrated_probabilities(outputs.logits, t), outputs.labels);
  };
  const auto loss_at = [&](double t) {
    return number_or_null(cross_entropy(outputs.logits / t, outputs.labels).item<double>());
  };
  const auto bins = bins_at(temperature);
  Json list = Json::array();
  for (const auto& bin : bins) {
    list.push_back({{"low", bin.low},
                    {"high", bin.high},
                    {"samples", bin.samples},
                    {"confidence", bin.confidence},
                    {"accuracy", bin.accuracy}});
  }
  return {{"temperature", temperature},      {"ece", expected_calibration_error(bins)},
          {"loss", loss_at(temperature)},    {"ece_uncalibrated", expected_calibration_error(bins_at(1))},
          {"loss_uncalibrated", loss_at(1)}, {"bins", list}};
}

// Wrong answers, worst first: by the smallest probability of the truth, or by the largest one of the answer.
Json mistakes(const ClassifierOutputs& outputs, double temperature, const std::vector<std::string>& class_names,
              bool by_truth, int64_t max_mistakes) {
  if (outputs.labels.size(0) == 0) return Json::array();
  // a row without numbers is wrong whatever it names, gives its truth nothing and is sure of nothing
  const auto known = outputs.logits.isfinite().all(1);
  const auto probabilities = calibrated_probabilities(outputs.logits, temperature)
                                 .masked_fill(known.logical_not().unsqueeze(1), 0)
                                 .contiguous();
  const auto [largest, predicted] = probabilities.max(1);
  const auto of_truth = probabilities.gather(1, outputs.labels.unsqueeze(1)).squeeze(1);
  std::vector<int64_t> wrong;
  for (int64_t i = 0; i < outputs.labels.size(0); ++i) {
    const bool is_right = predicted[i].item<int64_t>() == outputs.labels[i].item<int64_t>();
    if (!is_right || !known[i].item<bool>()) wrong.push_back(i);
  }
  const auto key = (by_truth ? of_truth : -largest).contiguous();
  const auto* badness = key.data_ptr<double>();
  std::stable_sort(wrong.begin(), wrong.end(), [&](int64_t a, int64_t b) { return badness[a] < badness[b]; });
  Json list = Json::array();
  for (const int64_t i : wrong) {
    if (static_cast<int64_t>(list.size()) == max_mistakes) break;
    const auto place = static_cast<size_t>(i);
    list.push_back(
        {{"path", outputs.paths[place]},
         {"index", outputs.indices[place]},
         {"class", class_names.at(static_cast<size_t>(outputs.labels[i].item<int64_t>()))},
         {"predicted",
          known[i].item<bool>() ? class_names.at(static_cast<size_t>(predicted[i].item<int64_t>())) : "(none)"},
         {"probability", largest[i].item<double>()},
         {"probability_of_class", of_truth[i].item<double>()}});
  }
  return list;
}

}  // namespace

Json classification_report(const ClassifierOutputs& outputs, const std::vector<std::string>& class_names,
                           int64_t max_mistakes) {
  ClassificationMetrics metrics(static_cast<int64_t>(class_names.size()));
  if (outputs.labels.size(0) > 0) metrics.update(outputs.logits, outputs.labels);
  const Json summary = metrics.to_json(class_names);
  const Json rows = class_rows(metrics.confusion_matrix(), class_names);
  const ClassifierOutputs known = answered(outputs);
  const double temperature = fit_temperature(known.logits, known.labels);
  const Json calibration = calibration_json(known, temperature);
  Json report = Json::object();
  report["metrics"] = {{"samples", metrics.samples()},
                       {"bad_samples", outputs.bad_samples},
                       {"top1", summary["top1"]},
                       {"top5", summary["top5"]},
                       {"balanced_accuracy", summary["balanced_accuracy"]},
                       {"macro_f1", macro_f1(rows)},
                       {"loss", number_or_null(cross_entropy(outputs.logits, outputs.labels).item<double>())}};
  report["per_class"] = rows;
  report["confusion_matrix"] = summary["confusion_matrix"];
  report["calibration"] = calibration;
  report["mistakes"] = {{"worst", mistakes(outputs, temperature, class_names, true, max_mistakes)},
                        {"confident", mistakes(outputs, temperature, class_names, false, max_mistakes)}};
  return report;
}

}  // namespace multipole
