#include "tasks/segmentation/inference/segment_picture.h"

#include <torch/utils.h>

#include "tasks/segmentation/inference/row_window.h"
#include "tasks/segmentation/inference/tile_stitcher.h"

namespace multipole {
namespace {

struct TilePixels {
  torch::Tensor pixels;    // (h, w, 3) uint8
  torch::Tensor validity;  // (h, w), undefined where all hold data

  // A tile that is valid as a whole is as one of a picture without a mask.
  void limit_to(const torch::Tensor& valid) {
    if (!valid.all().item<bool>()) validity = valid;
  }
  bool is_empty() const { return validity.defined() && !validity.any().item<bool>(); }
};

torch::Tensor tile_logits(const TilePixels& tile, TileOrigin origin, const DenseModel& model,
                          const Normalizer& normalizer) {
  Images images(normalizer(tile.pixels).unsqueeze(0));
  if (tile.validity.defined()) images.validity = tile.validity.unsqueeze(0);
  const torch::Tensor logits = model(images, origin);
  TORCH_CHECK(logits.dim() == 4 && logits.size(0) == 1, "logits: expected (1, num_classes, h, w), got ",
              logits.sizes());
  torch::Tensor own = logits[0].to(torch::kCPU);
  // nobody asks for those of pixels without data, be they numbers or not
  if (tile.validity.defined()) own.masked_fill_(tile.validity.logical_not(), 0);
  return own;
}

// Marks what of a band holds no data; how many pixels that are.
int64_t mark_no_data(MapBand& band) {
  if (!band.validity.defined()) return 0;
  const torch::Tensor nothing = band.validity.logical_not();
  band.classes.masked_fill_(nothing, kNoDataClass);
  for (torch::Tensor* map : {&band.probability, &band.uncertainty}) {
    if (map->defined()) map->masked_fill_(nothing, 0);
  }
  return nothing.sum().item<int64_t>();
}

}  // namespace

int64_t segment_picture(PictureRows& picture, const DenseModel& model, const Normalizer& normalizer,
                        const TileGrid& grid, const MapOutputs& outputs, MapSink& sink, const TileProgress& progress) {
  TORCH_CHECK(grid.rows.spans.back().end == picture.height() && grid.columns.spans.back().end == picture.width(),
              "the grid is not that of a picture of ", picture.height(), " x ", picture.width());
  sink.begin(picture.height(), picture.width());
  RowWindow window(picture);
  TileStitcher stitcher(grid, outputs);
  int64_t done = 0, no_data = 0;
  for (int64_t row = 0; row < grid.rows.size(); ++row) {
    const auto& y = grid.rows.spans[static_cast<size_t>(row)];
    window.move_to(y.begin, y.end);
    const torch::Tensor validity = window.validity(y.begin, y.end);
    for (int64_t column = 0; column < grid.columns.size(); ++column) {
      const auto& x = grid.columns.spans[static_cast<size_t>(column)];
      TilePixels tile{.pixels = window.rows(y.begin, y.end).slice(1, x.begin, x.end), .validity = {}};
      if (validity.defined()) tile.limit_to(validity.slice(1, x.begin, x.end));
      if (tile.is_empty()) {
        stitcher.skip(row, column);
      } else {
        stitcher.add(row, column, tile_logits(tile, {y.begin, x.begin}, model, normalizer));
      }
      progress(++done, grid.num_tiles());
    }
    MapBand band = stitcher.take_band(row);
    band.pixels = window.rows(y.final_begin, y.final_end);
    band.validity = window.validity(y.final_begin, y.final_end);
    no_data += mark_no_data(band);
    sink.write(band);
  }
  return no_data;
}

}  // namespace multipole
