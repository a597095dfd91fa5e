#include "tasks/segmentation/view/region_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "tasks/segmentation/view/tile_pyramid.h"
#include "tasks/segmentation/view/tile_script.h"

namespace multipole {
namespace {

// Where it begins, then the sides in turn, along x and along y: they alternate, and the last two go back.
void append_ring(std::string& text, const CornerRing& ring) {
  const size_t begin = ring[0].y == ring[1].y ? 0 : 1;
  const auto corner = [&](size_t i) { return ring[(begin + i) % ring.size()]; };
  text += "[" + std::to_string(corner(0).x) + "," + std::to_string(corner(0).y);
  for (size_t i = 1; i + 1 < ring.size(); ++i) {
    const auto from = corner(i - 1), to = corner(i);
    text += "," + std::to_string(i % 2 == 1 ? to.x - from.x : to.y - from.y);
  }
  text += "]";
}

}  // namespace

RegionFiles::RegionFiles(std::filesystem::path root, ImageSize size, int64_t tile_side)
    : root_(std::move(root)),
      tile_side_(tile_side),
      num_levels_(static_cast<int64_t>(pyramid_levels(size, tile_side).size())) {
  for_each_tile(size, tile_side, [this](const TilePlace& place) {
    held_[{place.level, place.column, place.row}] = "";
  });
}

RegionFiles::Cell RegionFiles::smallest_cell(const CornerRing& outline) const {
  const auto [left, right] =
      std::minmax_element(outline.begin(), outline.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
  const auto [top, bottom] =
      std::minmax_element(outline.begin(), outline.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
  int64_t level = num_levels_ - 1, side = tile_side_;
  while (left->x / side != (right->x - 1) / side || top->y / side != (bottom->y - 1) / side) {
    --level;
    side *= 2;
  }
  return {level, left->x / side, top->y / side};
}

std::string RegionFiles::name_of(const Cell& cell) const {
  const auto& [level, column, row] = cell;
  return tile_name(kFolder, {level, column, row});
}

void RegionFiles::add(const Region& region, double mean_probability) {
  std::string text =
      "[" + std::to_string(region.label) + "," + std::to_string(region.pixels) + "," + fixed(mean_probability, 3);
  for (const auto& ring : region.rings) append_ring(text += ",", ring);
  text += "]\n";
  num_held_bytes_ += text.size();
  held_[smallest_cell(region.rings.front())] += text;
  if (num_held_bytes_ > kMostHeldBytes) write_out();
}

void RegionFiles::write_out() {
  for (auto& [cell, text] : held_) {
    const std::string name = name_of(cell);
    const auto path = root_ / (name + ".js");
    std::error_code code;
    // a cell without regions has a file, too: the page would take a missing one for an error
    if (text.empty() && std::filesystem::exists(path, code)) continue;
    std::ofstream file(path, std::ios::binary | std::ios::app);
    file << tile_script(name, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    file.close();
    if (!file) throw ResourceError("cannot write " + path.string() + ": " + std::strerror(errno));
    text = {};
  }
  num_held_bytes_ = 0;
}

void RegionFiles::finish() { write_out(); }

}  // namespace multipole
