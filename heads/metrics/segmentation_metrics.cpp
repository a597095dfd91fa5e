#include "heads/metrics/segmentation_metrics.h"

#include <cmath>
#include <limits>

#include "heads/metrics/shares.h"

namespace multipole {

SegmentationMetrics::SegmentationMetrics(int64_t num_classes, int64_t ignored_label)
    : num_classes_(num_classes),
      ignored_label_(ignored_label),
      confusion_(torch::zeros({num_classes, num_classes + 1}, torch::kLong)) {}

void SegmentationMetrics::update(const torch::Tensor& predictions, const torch::Tensor& labels) {
  TORCH_CHECK(predictions.sizes() == labels.sizes(), "predictions: expected the labels' shape ", labels.sizes(),
              ", got ", predictions.sizes());
  const auto truth = labels.to(torch::kCPU, torch::kLong).flatten();
  const auto taken = predictions.to(torch::kCPU, torch::kLong).flatten();
  const auto counted = truth.ne(ignored_label_);
  const auto known = truth.ge(0) & truth.lt(num_classes_);
  TORCH_CHECK((known | ~counted).all().item<bool>(), "labels: expected 0 to ", num_classes_ - 1, " or the ignored ",
              ignored_label_);
  const auto column = taken.masked_fill(taken.lt(0) | taken.ge(num_classes_), num_classes_);
  const auto cells = (truth * (num_classes_ + 1) + column).masked_select(counted);
  confusion_ += torch::bincount(cells, {}, confusion_.numel()).view(confusion_.sizes());
}

void SegmentationMetrics::sum_over(const std::function<void(torch::Tensor&)>& sum) { sum(confusion_); }

SegmentationMetrics::Counts SegmentationMetrics::counts() const {
  const auto as_doubles = [](const torch::Tensor& tensor) {
    const auto values = tensor.to(torch::kDouble).contiguous();
    return std::vector<double>(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
  };
  const auto square = confusion_.narrow(1, 0, num_classes_);
  return {as_doubles(confusion_.sum(1)), as_doubles(square.sum(0)), as_doubles(square.diagonal())};
}

int64_t SegmentationMetrics::pixels() const { return confusion_.sum().item<int64_t>(); }

int64_t SegmentationMetrics::num_labelled_classes() const { return confusion_.sum(1).gt(0).sum().item<int64_t>(); }

double SegmentationMetrics::pixel_accuracy() const {
  return share(confusion_.narrow(1, 0, num_classes_).trace().item<double>(), static_cast<double>(pixels()));
}

std::vector<double> SegmentationMetrics::iou() const {
  const auto [labelled, predicted, correct] = counts();
  std::vector<double> values;
  for (size_t i = 0; i < correct.size(); ++i) {
    values.push_back(share(correct[i], labelled[i] + predicted[i] - correct[i]));
  }
  return values;
}

std::vector<double> SegmentationMetrics::accuracy() const {
  const auto [labelled, predicted, correct] = counts();
  std::vector<double> values;
  for (size_t i = 0; i < correct.size(); ++i) values.push_back(share(correct[i], labelled[i]));
  return values;
}

std::vector<double> SegmentationMetrics::dice() const {
  const auto [labelled, predicted, correct] = counts();
  std::vector<double> values;
  for (size_t i = 0; i < correct.size(); ++i) values.push_back(share(2 * correct[i], labelled[i] + predicted[i]));
  return values;
}

double SegmentationMetrics::mean_over_classes(const std::vector<double>& values) const {
  return num_labelled_classes() < 2 ? std::numeric_limits<double>::quiet_NaN() : mean_of_present(values);
}

double SegmentationMetrics::mean_iou() const { return mean_over_classes(iou()); }
double SegmentationMetrics::mean_accuracy() const { return mean_over_classes(accuracy()); }
double SegmentationMetrics::mean_dice() const { return mean_over_classes(dice()); }

Json SegmentationMetrics::to_json(const std::vector<std::string>& class_names) const {
  const auto class_iou = iou(), class_accuracy = accuracy(), class_dice = dice();
  const auto labelled = counts().labelled;
  Json per_class = Json::array();
  for (size_t i = 0; i < class_iou.size(); ++i) {
    per_class.push_back({{"class", class_names.at(i)},
                         {"pixels", static_cast<int64_t>(labelled[i])},
                         {"iou", number_or_null(class_iou[i])},
                         {"accuracy", number_or_null(class_accuracy[i])},
                         {"dice", number_or_null(class_dice[i])}});
  }
  return {{"miou", number_or_null(mean_iou())},
          {"pixel_accuracy", number_or_null(pixel_accuracy())},
          {"mean_accuracy", number_or_null(mean_accuracy())},
          {"mean_dice", number_or_null(mean_dice())},
          {"pixels", pixels()},
          {"per_class", per_class}};
}

double mean_of_present(const std::vector<double>& values) {
  double sum = 0, present = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++present;
  }
  return share(sum, present);
}

}  // namespace multipole
