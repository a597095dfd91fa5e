// The fixtures that libjpeg and libtiff write.
#include <jpeglib.h>
#include <tiffio.h>

#include <algorithm>
#include <cstdio>  // jpeglib.h needs FILE
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/datasets/image_fixtures.h"

namespace multipole::test {

Bytes encode_jpeg(const torch::Tensor& pixels, int quality, bool progressive, const ColorSampling& sampling) {
  const torch::Tensor data = pixels.contiguous();
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long count = 0;
  jpeg_mem_dest(&info, &buffer, &count);
  info.image_height = static_cast<JDIMENSION>(data.size(0));
  info.image_width = static_cast<JDIMENSION>(data.size(1));
  info.input_components = static_cast<int>(data.size(2));
  info.in_color_space = data.size(2) == 1 ? JCS_GRAYSCALE : data.size(2) == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  if (data.size(2) == 4) jpeg_set_colorspace(&info, JCS_YCCK);
  if (data.size(2) == 3) {
    info.comp_info[0].h_samp_factor = sampling.horizontal;
    info.comp_info[0].v_samp_factor = sampling.vertical;
  }
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  for (int64_t y = 0; y < data.size(0); ++y) {
    JSAMPROW row = data.data_ptr<uint8_t>() + y * data.size(1) * data.size(2);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  Bytes bytes(buffer, buffer + count);
  std::free(buffer);
  return bytes;
}

namespace {

// Of the tile at (x, y), padded with zeros.
Bytes tile_bytes(const RawTiff& raw, uint32_t x, uint32_t y, int first_sample, int num_samples) {
  const size_t sample_bytes = static_cast<size_t>(raw.bits) / 8;
  Bytes tile(static_cast<size_t>(raw.tile) * raw.tile * num_samples * sample_bytes);
  for (uint32_t row = y; row < std::min(raw.height, y + raw.tile); ++row) {
    for (uint32_t column = x; column < std::min(raw.width, x + raw.tile); ++column) {
      const size_t from = (static_cast<size_t>(row) * raw.width + column) * raw.samples + first_sample;
      const size_t to = (static_cast<size_t>(row - y) * raw.tile + (column - x)) * num_samples;
      std::copy_n(raw.data.begin() + static_cast<ptrdiff_t>(from * sample_bytes), num_samples * sample_bytes,
                  tile.begin() + static_cast<ptrdiff_t>(to * sample_bytes));
    }
  }
  return tile;
}

Bytes row_bytes(const RawTiff& raw, uint32_t y, int first_sample, int num_samples) {
  const size_t sample_bytes = static_cast<size_t>(raw.bits) / 8;
  Bytes row;
  for (uint32_t x = 0; x < raw.width; ++x) {
    const auto from =
        raw.data.begin() +
        static_cast<ptrdiff_t>(((static_cast<size_t>(y) * raw.width + x) * raw.samples + first_sample) * sample_bytes);
    row.insert(row.end(), from, from + static_cast<ptrdiff_t>(num_samples * sample_bytes));
  }
  return row;
}

void write_pixels(TIFF* tiff, const RawTiff& raw) {
  const int at_once = raw.separate ? 1 : raw.samples;
  for (int first = 0; first < raw.samples; first += at_once) {
    const auto plane = static_cast<uint16_t>(first);
    for (uint32_t y = 0; y < raw.height; y += std::max(1U, raw.tile)) {
      if (raw.tile == 0) {
        TIFFWriteScanline(tiff, row_bytes(raw, y, first, at_once).data(), y, plane);
        continue;
      }
      for (uint32_t x = 0; x < raw.width; x += raw.tile) {
        TIFFWriteTile(tiff, tile_bytes(raw, x, y, first, at_once).data(), x, y, 0, plane);
      }
    }
  }
}

}  // namespace

Bytes encode_raw_tiff(const RawTiff& raw) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "picture.tif";
  TIFF* tiff = TIFFOpen(path.c_str(), "w");
  auto extras = raw.extra_samples;
  if (raw.samples == 4 && extras.empty()) extras = {EXTRASAMPLE_UNASSALPHA};
  for (int page = 0; page < raw.num_pages; ++page) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, raw.width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, raw.height);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, raw.samples);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, raw.bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, raw.sample_format);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, raw.photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, raw.compression);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, raw.orientation);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, raw.separate ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    if (raw.tile == 0) {
      TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 8);
    } else {
      TIFFSetField(tiff, TIFFTAG_TILEWIDTH, raw.tile);
      TIFFSetField(tiff, TIFFTAG_TILELENGTH, raw.tile);
    }
    if (!extras.empty()) TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, static_cast<int>(extras.size()), extras.data());
    write_pixels(tiff, raw);
    TIFFWriteDirectory(tiff);
  }
  TIFFClose(tiff);
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace multipole::test
