#include "tests/datasets/rasters/raster_fixtures.h"

#include <tiffio.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "datasets/rasters/tiff_tags.h"
#include "tests/datasets/image_fixtures.h"

namespace multipole::test {
namespace {

constexpr uint32_t kNodataTag = 42113;

template <class Sample>
void append_as(Bytes& out, double number) {
  const auto sample = static_cast<Sample>(number);
  const auto* const bytes = reinterpret_cast<const uint8_t*>(&sample);
  out.insert(out.end(), bytes, bytes + sizeof(Sample));
}

void append_sample(Bytes& out, double number, SampleType type) {
  switch (type) {
    case SampleType::kUInt8:
      return append_as<uint8_t>(out, number);
    case SampleType::kInt8:
      return append_as<int8_t>(out, number);
    case SampleType::kUInt16:
      return append_as<uint16_t>(out, number);
    case SampleType::kInt16:
      return append_as<int16_t>(out, number);
    case SampleType::kUInt32:
      return append_as<uint32_t>(out, number);
    case SampleType::kInt32:
      return append_as<int32_t>(out, number);
    case SampleType::kFloat32:
      return append_as<float>(out, number);
    case SampleType::kFloat64:
      return append_as<double>(out, number);
  }
}

Bytes samples_of(const torch::Tensor& numbers, SampleType type) {
  const torch::Tensor dense = numbers.contiguous();
  Bytes bytes;
  for (int64_t i = 0; i < dense.numel(); ++i) append_sample(bytes, dense.data_ptr<double>()[i], type);
  return bytes;
}

int format_of(SampleType type) {
  if (is_float(type)) return SAMPLEFORMAT_IEEEFP;
  return range_of(type).low < 0 ? SAMPLEFORMAT_INT : SAMPLEFORMAT_UINT;
}

// (h, w, C) as strips or tiles; of a separate file each band by itself.
void write_samples(TIFF* tiff, const torch::Tensor& numbers, const RasterKind& kind, uint16_t plane) {
  const int64_t height = numbers.size(0), width = numbers.size(1), bands = numbers.size(2);
  if (kind.tile == 0) {
    for (int64_t y = 0; y < height; ++y) {
      Bytes row = samples_of(numbers[y], kind.type);
      TIFFWriteScanline(tiff, row.data(), static_cast<uint32_t>(y), plane);
    }
    return;
  }
  const int64_t side = kind.tile;
  for (int64_t y = 0; y < height; y += side) {
    for (int64_t x = 0; x < width; x += side) {
      torch::Tensor tile = torch::zeros({side, side, bands}, torch::kDouble);
      const auto part = numbers.slice(0, y, y + side).slice(1, x, x + side);
      tile.slice(0, 0, part.size(0)).slice(1, 0, part.size(1)).copy_(part);
      Bytes bytes = samples_of(tile, kind.type);
      TIFFWriteTile(tiff, bytes.data(), static_cast<uint32_t>(x), static_cast<uint32_t>(y), 0, plane);
    }
  }
}

void write_page(TIFF* tiff, const torch::Tensor& numbers, const RasterKind& kind, uint32_t subfile) {
  const auto bands = static_cast<int>(numbers.size(2));
  const TIFFFieldInfo nodata = tiff_tag(kNodataTag, TIFF_ASCII, "GDALNoData");
  TIFFMergeFieldInfo(tiff, &nodata, 1);
  TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, subfile);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(numbers.size(1)));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(numbers.size(0)));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, bands);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * bytes_of(kind.type)));
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, format_of(kind.type));
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind.rgb ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, kind.separate ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
  const int colors = kind.rgb ? 3 : 1;
  if (bands > colors) {
    std::vector<uint16_t> extra(static_cast<size_t>(bands - colors), EXTRASAMPLE_UNSPECIFIED);
    if (kind.alpha) extra.back() = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, static_cast<int>(extra.size()), extra.data());
  }
  if (kind.tile > 0) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, kind.tile);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, kind.tile);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, kind.rows_per_strip);
  }
  if (kind.place) {
    declare_geo_tags(tiff);
    put_geo_tags(tiff, *kind.place);
  }
  if (!kind.nodata.empty()) TIFFSetField(tiff, kNodataTag, kind.nodata.c_str());
  if (!kind.separate) {
    write_samples(tiff, numbers, kind, 0);
  } else {
    for (int b = 0; b < bands; ++b) {
      write_samples(tiff, numbers.narrow(2, b, 1), kind, static_cast<uint16_t>(b));
    }
  }
  TIFFWriteDirectory(tiff);
}

}  // namespace

GeoTags north_up_tags(double x, double y, double pixel, uint16_t epsg) {
  GeoTags tags;
  tags.pixel_scale = {pixel, pixel, 0};
  tags.tiepoints = {0, 0, 0, x, y, 0};
  tags.keys = {1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, epsg};
  return tags;
}

torch::Tensor random_numbers(int64_t height, int64_t width, int64_t bands, SampleType type) {
  const NumberRange range = range_of(type);
  const auto share = torch::rand({height, width, bands}, torch::kDouble);
  if (type == SampleType::kFloat32) return (share * 2000 - 1000).to(torch::kFloat).to(torch::kDouble);
  if (type == SampleType::kFloat64) return share * 2000 - 1000;
  return (range.low + share * (range.high - range.low)).round();
}

void write_raster(const std::filesystem::path& path, const torch::Tensor& numbers, const RasterKind& kind) {
  TIFF* const tiff = TIFFOpen(path.c_str(), kind.big ? "w8" : "w");
  write_page(tiff, numbers, kind, 0);
  if (kind.overview) write_page(tiff, numbers.slice(0, 0, {}, 2).slice(1, 0, {}, 2), kind, FILETYPE_REDUCEDIMAGE);
  if (kind.mask.defined()) {
    RasterKind page;
    page.type = SampleType::kUInt8;
    write_page(tiff, kind.mask.to(torch::kDouble).unsqueeze(2) * 255, page, FILETYPE_MASK);
  }
  TIFFClose(tiff);
}

}  // namespace multipole::test
