#include "datasets/rasters/cog.h"

#include <cstring>
#include <string>

#include "datasets/rasters/tiff_tags.h"
#include "datasets/rasters/tiff_writer.h"

namespace multipole {
namespace {

constexpr uint32_t kGdalNodata = 42113;
constexpr int64_t kMostClassicBytes = int64_t{4'000'000'000};  // of tiles; offsets have 32 bits, and 4.29 GB are there
constexpr int64_t kBytesAround = 32;                           // a tile: what libtiff and its neighbours add

// What GDAL looks for behind the header: how the tiles lie, so that it reads them without their index. The blank at the
// end is room for a YES, which a program writes there that changes the file without keeping the order.
std::string ghost_area() {
  const std::string promises =
      "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
      "BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n ";
  std::string size = std::to_string(promises.size());
  size.insert(0, 6 - size.size(), '0');
  return "GDAL_STRUCTURAL_METADATA_SIZE=" + size + " bytes\n" + promises;
}

void put_colors(TIFF* file, const std::vector<std::array<uint8_t, 3>>& palette) {
  std::array<std::vector<uint16_t>, 3> map;
  for (const auto& color : palette) {
    for (size_t c = 0; c < 3; ++c) map[c].push_back(static_cast<uint16_t>(color[c] * 257));
  }
  TIFFSetField(file, TIFFTAG_COLORMAP, map[0].data(), map[1].data(), map[2].data());
}

// The description of a level, without the places of its tiles.
void put_level(const TiffWriter& writer, const LabelPyramid::Level& level, bool is_copy, const CogTags& tags) {
  TIFF* const file = writer.get();
  declare_geo_tags(file);  // libtiff forgets them with every page
  const TIFFFieldInfo nodata = tiff_tag(kGdalNodata, TIFF_ASCII, "GDALNoData");
  TIFFMergeFieldInfo(file, &nodata, 1);
  if (is_copy) TIFFSetField(file, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
  TIFFSetField(file, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(level.width));
  TIFFSetField(file, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(level.height));
  TIFFSetField(file, TIFFTAG_TILEWIDTH, static_cast<uint32_t>(LabelPyramid::kTile));
  TIFFSetField(file, TIFFTAG_TILELENGTH, static_cast<uint32_t>(LabelPyramid::kTile));
  TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(file, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  TIFFSetField(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_PALETTE);
  TIFFSetField(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(file, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  put_colors(file, tags.palette);
  if (!is_copy) put_geo_tags(file, tags.georeference);
  if (tags.nodata) TIFFSetField(file, kGdalNodata, std::to_string(*tags.nodata).c_str());
  TIFFDeferStrileArrayWriting(file);
  writer.check(TIFFWriteCheck(file, 1, "write_cog") == 1 && TIFFWriteDirectory(file) == 1);
}

// Before each tile its size, behind it its last four bytes again: how GDAL knows that the place is right.
void put_tiles(const TiffWriter& writer, size_t level, const TileStore& store) {
  for (size_t i = 0; i < store.num_tiles(level); ++i) {
    std::vector<uint8_t> tile = store.tile(level, i);
    const auto size = static_cast<uint32_t>(tile.size());
    const std::array<uint8_t, 4> leader = {static_cast<uint8_t>(size), static_cast<uint8_t>(size >> 8),
                                           static_cast<uint8_t>(size >> 16), static_cast<uint8_t>(size >> 24)};
    writer.append(leader.data(), leader.size());
    writer.check(TIFFWriteRawTile(writer.get(), static_cast<uint32_t>(i), tile.data(),
                                  static_cast<tmsize_t>(tile.size())) == static_cast<tmsize_t>(tile.size()));
    writer.append(tile.data() + tile.size() - 4, 4);
  }
}

bool needs_big_tiff(const std::vector<LabelPyramid::Level>& levels, const TileStore& store) {
  int64_t bytes = store.total_bytes();
  for (size_t i = 0; i < levels.size(); ++i) bytes += kBytesAround * static_cast<int64_t>(store.num_tiles(i));
  return bytes > kMostClassicBytes;
}

}  // namespace

void write_cog(const std::filesystem::path& path, const std::vector<LabelPyramid::Level>& levels,
               const TileStore& store, const CogTags& tags) {
  TiffWriter writer(path, needs_big_tiff(levels, store) ? "w8l" : "wl");
  TIFF* const file = writer.get();
  const std::string ghost = ghost_area();
  writer.append(ghost.data(), ghost.size());
  for (size_t i = 0; i < levels.size(); ++i) put_level(writer, levels[i], i > 0, tags);
  for (size_t i = 0; i < levels.size(); ++i) {
    writer.check(TIFFSetDirectory(file, static_cast<uint32_t>(i)) == 1 && TIFFForceStrileArrayWriting(file) == 1);
  }
  for (size_t i = levels.size(); i-- > 0;) {
    writer.check(TIFFSetDirectory(file, static_cast<uint32_t>(i)) == 1);
    put_tiles(writer, i, store);
    writer.check(TIFFFlush(file) == 1);
  }
  writer.close();
}

}  // namespace multipole
