#include "heads/metrics/classification_metrics.h"

#include <algorithm>

#include "heads/metrics/shares.h"

namespace multipole {

namespace {

constexpr int64_t kTopFew = 5;

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

void ClassificationMetrics::sum_over(const std::function<void(torch::Tensor&)>& sum) {
  torch::Tensor scalars = torch::tensor({samples_, correct_top5_}, torch::kLong);
  for (torch::Tensor* counts : {&scalars, &confusion_, &class_samples_}) sum(*counts);
  samples_ = scalars[0].item<int64_t>();
  correct_top5_ = scalars[1].item<int64_t>();
}

double ClassificationMetrics::top1() const {
  return share(confusion_.trace().item<double>(), static_cast<double>(samples_));
}

double ClassificationMetrics::top5() const {
  return share(static_cast<double>(correct_top5_), static_cast<double>(samples_));
}

std::vector<double> ClassificationMetrics::per_class_accuracy() const {
  std::vector<double> accuracy;
  const auto correct = confusion_.diagonal();
  for (int64_t i = 0; i < num_classes_; ++i) {
    accuracy.push_back(share(correct[i].item<double>(), class_samples_[i].item<double>()));
  }
  return accuracy;
}

double ClassificationMetrics::balanced_accuracy() const {
  double sum = 0;
  int64_t classes = 0;
  for (const double accuracy : per_class_accuracy()) {
    if (std::isnan(accuracy)) continue;
    sum += accuracy;
    ++classes;
  }
  return classes > 0 ? sum / static_cast<double>(classes) : std::numeric_limits<double>::quiet_NaN();
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
          {"balanced_accuracy", number_or_null(balanced_accuracy())},
          {"per_class", per_class},
          {"confusion_matrix", matrix}};
}

}  // namespace multipole
