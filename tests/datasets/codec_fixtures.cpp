// The fixtures that libjpeg and libtiff write.
#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>
#include <tiffio.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/datasets/image_fixtures.h"

namespace multipole::test {

Bytes encode_jpeg(const torch::Tensor& pixels, int quality, bool progressive) {
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

Bytes encode_raw_tiff(const RawTiff& raw) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "picture.tif";
  TIFF* tiff = TIFFOpen(path.c_str(), "w");
  for (int page = 0; page < raw.num_pages; ++page) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, raw.width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, raw.height);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, raw.samples);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, raw.bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, raw.sample_format);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, raw.photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, raw.compression);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, raw.orientation);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 8);
    if (raw.samples == 4) {
      uint16_t kind = EXTRASAMPLE_UNASSALPHA;
      TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
    }
    Bytes data = raw.data;
    const size_t row_bytes = data.size() / raw.height;
    for (uint32_t y = 0; y < raw.height; ++y) TIFFWriteScanline(tiff, data.data() + y * row_bytes, y, 0);
    TIFFWriteDirectory(tiff);
  }
  TIFFClose(tiff);
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace multipole::test
