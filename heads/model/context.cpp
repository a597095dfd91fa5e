#include "heads/model/context.h"

#include <algorithm>

#include "heads/segmentation/segmentation_head.h"

namespace multipole {

namespace {

SegmentationHead& segmentation_head(VisionModel& model) { return dynamic_cast<SegmentationHead&>(model->head()); }

// `maps` with the view's part of the tile that begins at `origin` added to the last.
void add_view(VisionModel& model, std::vector<torch::Tensor>& maps, const CoarseView& view, TileOrigin origin) {
  torch::Tensor& last = maps.back();
  last = segmentation_head(model).add_context(last, sample_view(view, origin, last.size(2), last.size(3)));
}

// Positions from -1 to 1 along the view's axis, as grid_sampler takes them, of the centres of `count` tokens.
torch::Tensor positions(const CoarseView& view, int64_t begin, int64_t count, int64_t view_tokens) {
  const auto options =
      view.map.options().dtype(view.map.scalar_type() == torch::kDouble ? torch::kDouble : torch::kFloat);
  const auto centres = (torch::arange(count, options) + 0.5) * view.stride + begin;
  return centres * (2.0 / static_cast<double>(view.factor * view.stride * view_tokens)) - 1.0;
}

}  // namespace

bool takes_context(VisionModel& model) {
  const auto* const head = dynamic_cast<const SegmentationHead*>(&model->head());
  return head != nullptr && head->takes_context();
}

torch::Tensor shrink_by_mean(const torch::Tensor& images, int64_t factor) {
  return torch::avg_pool2d(images, factor, factor, /*padding=*/0, /*ceil_mode=*/true, /*count_include_pad=*/false);
}

CoarseView coarse_view(VisionModel& model, const Images& shrunk, int64_t factor) {
  return {model->backbone()->forward_features(shrunk), factor, model->backbone()->feature_info().back().stride};
}

torch::Tensor sample_view(const CoarseView& view, TileOrigin origin, int64_t rows, int64_t columns) {
  const auto y = positions(view, origin.top, rows, view.map.size(2)).view({1, rows, 1});
  const auto x = positions(view, origin.left, columns, view.map.size(3)).view({1, 1, columns});
  const auto grid = torch::stack({x.expand({1, rows, columns}), y.expand({1, rows, columns})}, 3)
                        .expand({view.map.size(0), rows, columns, 2});
  constexpr int64_t kBilinear = 0, kBorder = 1;
  return torch::grid_sampler(view.map.to(grid.scalar_type()), grid, kBilinear, kBorder, /*align_corners=*/false)
      .to(view.map.scalar_type());
}

std::vector<torch::Tensor> forward_with_context(VisionModel& model, const Images& tiles, const CoarseView& view,
                                                TileOrigin origin) {
  FeatureMaps features(model->backbone()->forward_intermediates(tiles), model->backbone()->map_masses(tiles));
  add_view(model, features.maps, view, origin);
  return segmentation_head(model).forward_all(features, {tiles.pixels.size(2), tiles.pixels.size(3)});
}

bool views_whole(VisionModel& model, ImageSize size) {
  return takes_context(model) && model->backbone()->is_bounded() &&
         std::max(size.height, size.width) > model->backbone()->image_size();
}

std::vector<torch::Tensor> maps_of_whole(VisionModel& model, const torch::Tensor& images) {
  auto maps = model->backbone()->forward_intermediates(images);
  if (!views_whole(model, {images.size(2), images.size(3)})) return maps;
  const int64_t side = std::max(images.size(2), images.size(3)), most = model->backbone()->image_size();
  const int64_t factor = (side + most - 1) / most;
  add_view(model, maps, coarse_view(model, shrink_by_mean(images, factor), factor), {});
  return maps;
}

}  // namespace multipole
