#include "heads/metrics/classification_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace multipole {

namespace {

constexpr int64_t kTopFew = 5;

double share(int64_t part, int64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(part) / static_cast<double>(whole);
}

Json number_or_null(double value) { return std::isnan(value) ? Json(nullptr) : Json(value); }

}  // namespace

ClassificationMetrics::ClassificationMetrics(int64_t num_classes)
    : num_classes_(num_classes),
      confusion_(torch::zeros({num_classes, num_classes}, torch::kLong)),
      class_samples_(torch::zeros({num_classes}, torch::kLong)) {}

void ClassificationMetrics::update(const torch::Tensor& logits, const torch::Tensor& labels) {
  TORCH_CHECK(logits.dim() == 2 && logits.size(1) == num_classes_, "logits: expected (B, ", num_classes_, "), got ",
              logits.sizes());
  TORCH_CHECK(labels.dim() == 1 && labels.size(0) == logits.size(0), "labels: expected (", logits.size(0), "), got ",
              labels.sizes());
  const auto scores = logits.detach().to(torch::kCPU, torch::kFloat);
  const auto truth = labels.to(torch::kCPU, torch::kLong);
  const auto finite = scores.isfinite().all(1);

  samples_ += truth.size(0);
  class_samples_ += torch::bincount(truth, {}, num_classes_);
  const auto ranked = std::get<1>(scores.topk(std::min(kTopFew, num_classes_), 1));
  correct_top5_ += (ranked.eq(truth.unsqueeze(1)).any(1) & finite).sum().item<int64_t>();
  const auto cells = (truth * num_classes_ + ranked.select(1, 0)).masked_select(finite);
  confusion_ += torch::bincount(cells, {}, num_classes_ * num_classes_).view({num_classes_, num_classes_});
}

double ClassificationMetrics::top1() const { return share(confusion_.trace().item<int64_t>(), samples_); }

double ClassificationMetrics::top5() const { return share(correct_top5_, samples_); }

std::vector<double> ClassificationMetrics::per_class_accuracy() const {
  std::vector<double> accuracy;
  const auto correct = confusion_.diagonal();
  for (int64_t i = 0; i < num_classes_; ++i) {
    accuracy.push_back(share(correct[i].item<int64_t>(), class_samples_[i].item<int64_t>()));
  }
  return accuracy;
}

Json ClassificationMetrics::to_json(const std::vector<std::string>& class_names) const {
  Json per_class = Json::array();
  const auto accuracy = per_class_accuracy();
  for (int64_t i = 0; i < num_classes_; ++i) {
    per_class.push_back({{"class", class_names.at(i)},
                         {"samples", class_samples_[i].item<int64_t>()},
                         {"accuracy", number_or_null(accuracy[i])}});
  }
  Json matrix = Json::array();
  for (int64_t i = 0; i < num_classes_; ++i) {
    const auto row = confusion_[i].contiguous();
    matrix.push_back(std::vector<int64_t>(row.data_ptr<int64_t>(), row.data_ptr<int64_t>() + num_classes_));
  }
  return {{"samples", samples_},
          {"top1", number_or_null(top1())},
          {"top5", number_or_null(top5())},
          {"per_class", per_class},
          {"confusion_matrix", matrix}};
}

}  // namespace multipole
