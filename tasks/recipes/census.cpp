#include "tasks/recipes/census.h"

#include <algorithm>

#include "base/error.h"

namespace multipole {
namespace {

bool is_gray(const torch::Tensor& image) {
  if (image.size(2) != 3) return false;  // bands are no colours
  const auto red = image.select(2, 0);
  return torch::equal(red, image.select(2, 1)) && torch::equal(red, image.select(2, 2));
}

}  // namespace

int64_t TrainingCensus::largest_class() const {
  return class_counts.empty() ? 0 : *std::max_element(class_counts.begin(), class_counts.end());
}

int64_t TrainingCensus::smallest_class() const {
  int64_t smallest = largest_class();
  for (const int64_t count : class_counts) {
    if (count > 0) smallest = std::min(smallest, count);
  }
  return smallest;
}

double TrainingCensus::imbalance() const {
  return pictures == 0 ? 1.0 : static_cast<double>(largest_class()) / static_cast<double>(smallest_class());
}

Json TrainingCensus::to_json() const {
  Json classes = Json::array();
  for (size_t i = 0; i < class_names.size(); ++i) {
    classes.push_back({{"class", class_names[i]}, {"pictures", class_counts[i]}});
  }
  return {{"pictures", pictures},
          {"classes", classes},
          {"imbalance", imbalance()},
          {"measured", measured},
          {"unreadable", unreadable},
          {"short_side", {{"smallest", smallest_side}, {"median", median_side}, {"largest", largest_side}}},
          {"gray_share", gray_share}};
}

TrainingCensus take_census(const Dataset& pictures, const std::vector<int64_t>& labels,
                           const std::vector<std::string>& class_names, int64_t max_measured) {
  TrainingCensus census;
  census.class_names = class_names;
  census.class_counts.assign(class_names.size(), 0);
  census.pictures = pictures.size();
  for (const int64_t label : labels) {
    if (label >= 0 && label < static_cast<int64_t>(class_names.size())) ++census.class_counts[label];
  }
  std::vector<int64_t> sides;
  int64_t gray = 0;
  const int64_t looked_at = std::min(max_measured, pictures.size());
  for (int64_t i = 0; i < looked_at; ++i) {
    try {
      const Sample sample = pictures.get(i * pictures.size() / looked_at);
      sides.push_back(std::min(sample.image.size(0), sample.image.size(1)));
      gray += is_gray(sample.image);
    } catch (const InputError&) {
      ++census.unreadable;
    }
  }
  census.measured = static_cast<int64_t>(sides.size());
  if (sides.empty()) return census;
  std::sort(sides.begin(), sides.end());
  census.smallest_side = sides.front();
  census.median_side = sides[sides.size() / 2];
  census.largest_side = sides.back();
  census.gray_share = static_cast<double>(gray) / static_cast<double>(sides.size());
  return census;
}

}  // namespace multipole
