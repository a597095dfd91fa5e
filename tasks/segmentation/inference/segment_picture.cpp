#include "tasks/segmentation/inference/segment_picture.h"

#include "tasks/segmentation/inference/row_window.h"
#include "tasks/segmentation/inference/tile_stitcher.h"

namespace multipole {
namespace {

torch::Tensor tile_logits(const torch::Tensor& pixels, TileOrigin origin, const DenseModel& model,
                          const Normalizer& normalizer) {
  const torch::Tensor logits = model(normalizer(pixels).unsqueeze(0), origin);
  TORCH_CHECK(logits.dim() == 4 && logits.size(0) == 1, "logits: expected (1, num_classes, h, w), got ",
              logits.sizes());
  return logits[0].to(torch::kCPU);
}

}  // namespace

void segment_picture(PictureRows& picture, const DenseModel& model, const Normalizer& normalizer, const TileGrid& grid,
                     const MapOutputs& outputs, MapSink& sink, const TileProgress& progress) {
  TORCH_CHECK(grid.rows.spans.back().end == picture.height() && grid.columns.spans.back().end == picture.width(),
              "the grid is not that of a picture of ", picture.height(), " x ", picture.width());
  sink.begin(picture.height(), picture.width());
  RowWindow window(picture);
  TileStitcher stitcher(grid, outputs);
  int64_t done = 0;
  for (int64_t row = 0; row < grid.rows.size(); ++row) {
    const auto& y = grid.rows.spans[static_cast<size_t>(row)];
    window.move_to(y.begin, y.end);
    for (int64_t column = 0; column < grid.columns.size(); ++column) {
      const auto& x = grid.columns.spans[static_cast<size_t>(column)];
      const auto pixels = window.rows(y.begin, y.end).slice(1, x.begin, x.end);
      stitcher.add(row, column, tile_logits(pixels, {y.begin, x.begin}, model, normalizer));
      progress(++done, grid.num_tiles());
    }
    MapBand band = stitcher.take_band(row);
    band.pixels = window.rows(y.final_begin, y.final_end);
    sink.write(band);
  }
}

}  // namespace multipole
