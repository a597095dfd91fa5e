#include "tasks/attention_swap/attention_comparer.h"

#include "base/fields.h"
#include "datasets/pictures/rgb_picture.h"
#include "engine/weights/attention_swap.h"
#include "tasks/classification/report/explanation.h"

namespace multipole {
namespace {

constexpr int64_t kLargestSize = 16384;
constexpr const char* kWhere = "--attention";

}  // namespace

AttentionComparer::AttentionComparer(const std::filesystem::path& model, const ComparerOptions& options)
    : execution_(select_execution(options.device, options.precision, 0, "device", "precision")),
      reference_(load_model(model)),
      swapped_(swap_attention(load_model(model), options.attention, kWhere)),
      file_(model.filename().string()) {
  for (auto* loaded : {&reference_, &swapped_}) prepare_inference(*loaded->model, execution_);
  const auto own = config_from_json<Preprocessing>(reference_.metadata.preprocessing, "preprocessing");
  const auto sizes = options.sizes.empty() ? std::vector{own.image_size, 2 * own.image_size} : options.sizes;
  for (const int64_t size : sizes) {
    require(size >= 1 && size <= kLargestSize, "size", "must be from 1 to 16384", size);
    comparisons_.emplace_back(size);
  }
}

std::vector<std::string> AttentionComparer::map_classes() const {
  return reference_.metadata.task == "segmentation" ? reference_.metadata.classes : std::vector<std::string>();
}

Json AttentionComparer::to_json() const {
  Json sizes = Json::array();
  for (const auto& comparison : comparisons_) sizes.push_back(comparison.to_json(map_classes()));
  return {{"model", file_},
          {"attention", swapped_.metadata.architecture.backbone["attention"]},
          {"precision", execution_.precision_name()},
          {"sizes", sizes}};
}

Preprocessing AttentionComparer::preprocessing_at(size_t place) const {
  auto preprocessing = config_from_json<Preprocessing>(reference_.metadata.preprocessing, "preprocessing");
  preprocessing.image_size = comparisons_.at(place).image_size();
  return preprocessing;
}

PictureDifference AttentionComparer::compare(const torch::Tensor& picture, size_t place) {
  SwapComparison& comparison = comparisons_.at(place);
  const auto images = preprocess(rgb_picture(picture), preprocessing_at(place)).unsqueeze(0);
  auto difference = picture_difference(reference_.model, swapped_.model, images, execution_);
  if (comparison.pictures() == 0) {
    comparison.add_cost(pass_cost(reference_.model, images, execution_), pass_cost(swapped_.model, images, execution_));
  }
  comparison.add(difference);
  return difference;
}

torch::Tensor AttentionComparer::difference_picture(const torch::Tensor& picture, const PictureDifference& difference,
                                                    size_t place) const {
  const auto preprocessing = preprocessing_at(place);
  const auto image = preprocess(rgb_picture(picture), preprocessing);
  const auto map = ((1 - difference.patch_cosine) / (1 - kYellowCosine)).clamp(0, 1);
  return explanation_picture(image, map, preprocessing);
}

}  // namespace multipole
