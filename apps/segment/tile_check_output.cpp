#include "apps/segment/tile_check_output.h"

#include <algorithm>

#include "base/text.h"
#include "datasets/pictures/png_writer.h"
#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

constexpr int64_t kRowsAtOnce = 256;

// Of kAlike, kDiffers, kTileBorder and kNotCompared.
const std::vector<PaletteColor> kColors = {{255, 255, 255}, {200, 30, 60}, {120, 170, 230}, {128, 128, 128}};

std::string size_text(int64_t width, int64_t height) { return std::to_string(width) + " x " + std::to_string(height); }

bool is_part(const TileCheckResult& result, ImageSize size) {
  return result.box.height != size.height || result.box.width != size.width;
}

}  // namespace

std::string tile_check_text(const TileCheckResult& result, ImageSize size) {
  if (!result.not_checked.empty()) return "not checked: " + result.not_checked;
  const SegmentationPlan& plan = result.plan;
  std::string text = percent(result.agreement->alike(), 2) + " of " + std::to_string(result.agreement->pixels()) +
                     " pixels alike in " + size_text(plan.tile_columns, plan.tile_rows) + " tiles of up to " +
                     size_text(plan.tile_width, plan.tile_height) + " and whole";
  if (is_part(result, size)) {
    text += "; of the " + size_text(result.box.width, result.box.height) +
            " pixels in its middle, as large a part as memory holds whole";
  }
  return text;
}

Json tile_check_json(const TileCheckResult& result, ImageSize size, const std::vector<std::string>& classes,
                     bool has_coarse_view) {
  if (!result.not_checked.empty()) return {{"not_checked", result.not_checked}};
  const SegmentationPlan& plan = result.plan;
  Json out = {{"tiles", plan.num_tiles()},
              {"tile", {plan.tile_width, plan.tile_height}},
              {"overlap", plan.overlap},
              {"coarse_view", has_coarse_view}};
  if (is_part(result, size)) {
    out["part"] = {result.box.column, result.box.row, result.box.width, result.box.height};
  }
  out.update(result.agreement->to_json(classes));
  return out;
}

void write_difference(const std::filesystem::path& path, const TileCheckResult& result, ImageSize size) {
  AtomicFile file(path);
  PngWriter writer(size.height, size.width, PngWriter::Kind::kPalette, kColors,
                   [&file](const void* data, size_t bytes) { file.write(data, bytes); });
  const PictureBox& box = result.box;
  for (int64_t row = 0; row < size.height; row += kRowsAtOnce) {
    const int64_t end = std::min(size.height, row + kRowsAtOnce);
    const torch::Tensor rows = torch::full({end - row, size.width}, kNotCompared, torch::kUInt8);
    const int64_t first = std::max(row, box.row), last = std::min(end, box.row + box.height);
    if (first < last && result.difference.defined()) {
      rows.slice(0, first - row, last - row)
          .narrow(1, box.column, box.width)
          .copy_(result.difference.slice(0, first - box.row, last - box.row));
    }
    writer.write(rows);
  }
  writer.finish();
  file.commit();
}

}  // namespace multipole
