#include "tasks/segmentation/agreement/map_agreement.h"

#include <limits>

#include "heads/metrics/shares.h"
#include "tasks/segmentation/inference/map_sink.h"

namespace multipole {
namespace {

// (count): of the pixels from `first` on, along one axis.
torch::Tensor axis_distances(const std::vector<int64_t>& borders, int64_t first, int64_t count) {
  const torch::Tensor place = torch::arange(first, first + count, torch::kLong);
  torch::Tensor nearest = torch::full({count}, std::numeric_limits<int64_t>::max(), torch::kLong);
  for (const int64_t border : borders) {
    nearest = nearest.minimum(torch::where(place.ge(border), place - border, border - 1 - place));
  }
  return nearest;
}

}  // namespace

torch::Tensor border_distances(const TileBorders& borders, int64_t first_row, int64_t rows, int64_t width) {
  return axis_distances(borders.rows, first_row, rows)
      .unsqueeze(1)
      .minimum(axis_distances(borders.columns, 0, width).unsqueeze(0));
}

MapAgreement::MapAgreement(int64_t num_classes)
    : metrics_(num_classes),
      at_distance_(torch::zeros({static_cast<int64_t>(kFrom.size()), 2}, torch::kLong)) {}

void MapAgreement::add(const torch::Tensor& tiles, const torch::Tensor& whole, const torch::Tensor& distances) {
  const torch::Tensor counted = tiles.ne(kNoDataClass) & whole.ne(kNoDataClass);
  const torch::Tensor one = tiles.masked_select(counted), other = whole.masked_select(counted);
  metrics_.update(one, other);
  const torch::Tensor from = torch::tensor(at::ArrayRef<int64_t>(kFrom.data(), kFrom.size()));
  const torch::Tensor place = torch::bucketize(distances.masked_select(counted), from, /*out_int32=*/false,
                                               /*right=*/true) - 1;
  const int64_t count = from.size(0);
  at_distance_.select(1, 0) += torch::bincount(place, {}, count);
  at_distance_.select(1, 1) += torch::bincount(place.masked_select(one.eq(other)), {}, count);
}

Json MapAgreement::to_json(const std::vector<std::string>& classes) const {
  Json by_class = Json::array(), by_distance = Json::array();
  const torch::Tensor& matrix = metrics_.confusion_matrix();
  const torch::Tensor of_whole = matrix.sum(1), of_tiles = matrix.sum(0);
  for (size_t i = 0; i < classes.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    const auto both = matrix[index][index].item<int64_t>();
    const int64_t either = of_whole[index].item<int64_t>() + of_tiles[index].item<int64_t>() - both;
    if (either == 0) continue;
    by_class.push_back({{"class", classes[i]},
                        {"index", index},
                        {"both", both},
                        {"either", either},
                        {"iou", share(static_cast<double>(both), static_cast<double>(either))}});
  }
  for (size_t i = 0; i < kFrom.size(); ++i) {
    const torch::Tensor counts = at_distance_[static_cast<int64_t>(i)];
    const auto pixels = counts[0].item<int64_t>();
    if (pixels == 0) continue;
    by_distance.push_back({{"from", kFrom[i]},
                           {"pixels", pixels},
                           {"alike", share(counts[1].item<double>(), static_cast<double>(pixels))}});
  }
  return {{"pixels", pixels()},
          {"alike", number_or_null(alike())},
          {"classes", by_class},
          {"distances", by_distance}};
}

}  // namespace multipole
