#include "tasks/segmentation/report/segmentation_report.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace multipole {
namespace {

constexpr size_t kMaxSizes = 20;

SegmentedPicture judge(const SegmentationMetrics& metrics, int64_t num_classes) {
  SegmentedPicture picture;
  picture.miou = mean_of_present(metrics.iou());  // one picture may well hold a single class
  picture.pixel_accuracy = metrics.pixel_accuracy();
  auto mistakes = metrics.confusion_matrix().narrow(1, 0, num_classes).clone();
  mistakes.fill_diagonal_(0);
  const auto most = mistakes.max().item<int64_t>();
  if (most == 0) return picture;
  const auto place = mistakes.argmax().item<int64_t>();
  picture.truth = place / num_classes;
  picture.taken_for = place % num_classes;
  picture.mistake_share = static_cast<double>(most) / static_cast<double>(metrics.pixels());
  return picture;
}

Json matrix_json(const torch::Tensor& matrix) {
  Json rows = Json::array();
  const auto dense = matrix.contiguous();
  const auto* counts = dense.data_ptr<int64_t>();
  for (int64_t i = 0; i < dense.size(0); ++i) {
    rows.push_back(std::vector<int64_t>(counts + i * dense.size(1), counts + (i + 1) * dense.size(1)));
  }
  return rows;
}

Json picture_json(const SegmentedPicture& picture, const std::vector<std::string>& class_names) {
  Json mistake = nullptr;
  if (picture.truth >= 0) {
    mistake = {{"class", class_names.at(static_cast<size_t>(picture.truth))},
               {"predicted", class_names.at(static_cast<size_t>(picture.taken_for))},
               {"share", picture.mistake_share}};
  }
  return {{"path", picture.path},
          {"index", picture.index},
          {"miou", picture.miou},
          {"pixel_accuracy", picture.pixel_accuracy},
          {"mistake", mistake}};
}

}  // namespace

WorstPictures::WorstPictures(int64_t num_classes, int64_t max_pictures)
    : num_classes_(num_classes), max_pictures_(max_pictures) {}

void WorstPictures::update(const torch::Tensor& predictions, const Batch& batch) {
  for (int64_t i = 0; i < batch.size(); ++i) {
    SegmentationMetrics metrics(num_classes_);
    metrics.update(predictions[i], batch.masks[i]);
    if (metrics.pixels() == 0) continue;
    SegmentedPicture picture = judge(metrics, num_classes_);
    const auto place = std::upper_bound(pictures_.begin(), pictures_.end(), picture.miou,
                                        [](double miou, const SegmentedPicture& other) { return miou < other.miou; });
    if (place - pictures_.begin() >= max_pictures_) continue;
    picture.path = batch.paths[static_cast<size_t>(i)];
    picture.index = batch.indices[static_cast<size_t>(i)];
    picture.labels = predictions[i].clone();
    pictures_.insert(place, std::move(picture));
    if (static_cast<int64_t>(pictures_.size()) > max_pictures_) pictures_.pop_back();
  }
}

Json segmentation_report(const SegmenterEvaluation& evaluation, const WorstPictures& worst,
                         const std::vector<std::string>& class_names) {
  Json metrics = evaluation.metrics.to_json(class_names);
  Json report = {{"per_class", metrics["per_class"]}};
  metrics.erase("per_class");
  metrics["samples"] = evaluation.samples;
  metrics["bad_samples"] = evaluation.bad_samples;
  report["metrics"] = metrics;
  report["confusion_matrix"] =
      matrix_json(evaluation.metrics.confusion_matrix().narrow(1, 0, static_cast<int64_t>(class_names.size())));
  report["worst"] = Json::array();
  for (const auto& picture : worst.pictures()) report["worst"].push_back(picture_json(picture, class_names));
  return report;
}

Json census_json(const SegmentationCensus& census, const std::vector<std::string>& class_names) {
  const auto pixels = census.labelled_pixels() + census.ignored_pixels;
  Json sizes = Json::array(), classes = Json::array();
  for (const auto& [size, pictures] : census.sizes) {
    if (sizes.size() == kMaxSizes) break;
    sizes.push_back({{"height", size.first}, {"width", size.second}, {"pictures", pictures}});
  }
  for (size_t i = 0; i < class_names.size(); ++i) {
    classes.push_back(
        {{"class", class_names[i]}, {"pixels", census.class_pixels[i]}, {"pictures", census.class_samples[i]}});
  }
  return {{"pictures", census.samples},
          {"unreadable", census.bad.size()},
          {"ignored_share", pixels == 0 ? 0.0 : static_cast<double>(census.ignored_pixels) / pixels},
          {"different_sizes", census.sizes.size()},
          {"sizes", sizes},
          {"classes", classes}};
}

Json palette_json(const std::vector<PaletteColor>& palette, size_t num_classes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Json colors = Json::array();
  for (size_t i = 0; i < num_classes; ++i) {
    std::string hex = "#";
    for (const uint8_t channel : palette.at(i)) {
      hex += kDigits[channel / 16];
      hex += kDigits[channel % 16];
    }
    colors.push_back(hex);
  }
  return colors;
}

}  // namespace multipole
