#include "tasks/segmentation/inference/segment_picture.h"

#include <torch/utils.h>

#include <optional>
#include <utility>

#include "engine/runtime/side_by_side.h"
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

// A tile on its way: what the model is shown, then what it says.
struct Tile {
  int64_t row = 0, column = 0;
  TilePixels of_row;     // across the whole picture
  TilePixels pixels;     // the tile's own; dropped once the model has seen them
  torch::Tensor logits;  // undefined where the tile holds no data
};

// The tiles in their order, cut out of rows that are read as they come into view.
class TileReader {
 public:
  TileReader(PictureRows& picture, const TileGrid& grid) : window_(picture), grid_(grid) {}

  std::optional<Tile> next() {
    if (row_ == grid_.rows.size()) return std::nullopt;
    const auto& y = grid_.rows.spans[static_cast<size_t>(row_)];
    const auto& x = grid_.columns.spans[static_cast<size_t>(column_)];
    if (column_ == 0) {
      window_.move_to(y.begin, y.end);
      of_row_ = {.pixels = window_.rows(y.begin, y.end), .validity = window_.validity(y.begin, y.end)};
    }
    Tile tile{.row = row_, .column = column_, .of_row = of_row_, .pixels = {}, .logits = {}};
    tile.pixels.pixels = of_row_.pixels.slice(1, x.begin, x.end);
    if (of_row_.validity.defined()) tile.pixels.limit_to(of_row_.validity.slice(1, x.begin, x.end));
    if (++column_ == grid_.columns.size()) {
      column_ = 0;
      ++row_;
    }
    return tile;
  }

 private:
  RowWindow window_;
  const TileGrid& grid_;
  TilePixels of_row_;
  int64_t row_ = 0, column_ = 0;
};

}  // namespace

int64_t segment_picture(PictureRows& picture, const DenseModel& model, const Normalizer& normalizer,
                        const TileGrid& grid, const MapOutputs& outputs, MapSink& sink, const TileProgress& progress,
                        int tiles_at_once) {
  TORCH_CHECK(grid.rows.spans.back().end == picture.height() && grid.columns.spans.back().end == picture.width(),
              "the grid is not that of a picture of ", picture.height(), " x ", picture.width());
  sink.begin(picture.height(), picture.width());
  TileReader reader(picture, grid);
  TileStitcher stitcher(grid, outputs);
  int64_t done = 0, no_data = 0;
  const auto ask = [&](Tile& tile) -> Tile {
    const TilePixels pixels = std::exchange(tile.pixels, {});
    const TileOrigin origin{grid.rows.spans[static_cast<size_t>(tile.row)].begin,
                            grid.columns.spans[static_cast<size_t>(tile.column)].begin};
    if (!pixels.is_empty()) tile.logits = tile_logits(pixels, origin, model, normalizer);
    return std::move(tile);
  };
  const auto take = [&](Tile tile) {
    if (tile.logits.defined()) {
      stitcher.add(tile.row, tile.column, std::move(tile.logits));
    } else {
      stitcher.skip(tile.row, tile.column);
    }
    progress(++done, grid.num_tiles());
    if (tile.column + 1 < grid.columns.size()) return;
    const auto& y = grid.rows.spans[static_cast<size_t>(tile.row)];
    const int64_t begin = y.final_begin - y.begin, end = y.final_end - y.begin;
    MapBand band = stitcher.take_band(tile.row);
    band.pixels = tile.of_row.pixels.slice(0, begin, end);
    if (tile.of_row.validity.defined()) band.validity = tile.of_row.validity.slice(0, begin, end);
    no_data += mark_no_data(band);
    sink.write(band);
  };
  side_by_side<Tile, Tile>([&] { return reader.next(); }, ask, take, tiles_at_once);
  return no_data;
}

}  // namespace multipole
