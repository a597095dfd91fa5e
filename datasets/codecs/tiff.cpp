// The first page of a TIFF through libtiff: 1 to 16 bits through its RGBA reader, 32-bit float by hand.
#include <tiffio.h>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "datasets/codecs/codec.h"
#include "datasets/codecs/pixels.h"

namespace multipole::codecs {

namespace {

constexpr tmsize_t kMaxAllocation = tmsize_t{1} << 31;  // of libtiff, at once: strips and tiles of hostile sizes

// A file in memory with libtiff's callbacks; keeps the first error that libtiff reports.
class TiffReader {
 public:
  explicit TiffReader(ByteView bytes) : bytes_(bytes) {
    const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                               TIFFOpenOptionsFree);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxAllocation);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &TiffReader::on_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(
        options.get(), [](TIFF*, void*, const char*, const char*, va_list) { return 1; }, nullptr);
    tiff_.reset(TIFFClientOpenExt("image", "rm", this, &TiffReader::read, &TiffReader::write, &TiffReader::seek,
                                  &TiffReader::close, &TiffReader::size, nullptr, nullptr, options.get()));
    check(tiff_ != nullptr, "a corrupt TIFF header");
  }

  TIFF* get() const { return tiff_.get(); }

  // Throws unless `ok` and no error was reported so far.
  void check(bool ok, const char* reason) const {
    if (ok && message_.empty()) return;
    throw CodecError(message_.empty() ? reason : message_);
  }

  template <class T>
  T field(uint32_t tag, T fallback) const {
    T value = fallback;
    return TIFFGetFieldDefaulted(tiff_.get(), tag, &value) == 1 ? value : fallback;
  }

 private:
  static int on_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
    auto& message = static_cast<TiffReader*>(user)->message_;
    char text[256];
    std::vsnprintf(text, sizeof(text), format, arguments);
    if (message.empty()) message = text;
    return 1;
  }
  static tmsize_t read(thandle_t handle, void* out, tmsize_t count) {
    auto& self = *static_cast<TiffReader*>(handle);
    if (count <= 0 || self.position_ >= self.bytes_.size()) return 0;
    const size_t taken = std::min<size_t>(count, self.bytes_.size() - self.position_);
    std::memcpy(out, self.bytes_.data() + self.position_, taken);
    self.position_ += taken;
    return static_cast<tmsize_t>(taken);
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return -1; }
  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    auto& self = *static_cast<TiffReader*>(handle);
    self.position_ = offset + (whence == SEEK_CUR ? self.position_ : whence == SEEK_END ? self.bytes_.size() : 0);
    return self.position_;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return static_cast<TiffReader*>(handle)->bytes_.size(); }

  ByteView bytes_;
  uint64_t position_ = 0;
  std::string message_;
  std::unique_ptr<TIFF, void (*)(TIFF*)> tiff_{nullptr, TIFFClose};
};

void decode_integers(const TiffReader& reader, int64_t width, int64_t height, torch::Tensor& pixels) {
  TIFFRGBAImage image;
  char reason[1024] = {};
  if (TIFFRGBAImageBegin(&image, reader.get(), 1, reason) != 1) throw CodecError(reason);
  const std::unique_ptr<TIFFRGBAImage, void (*)(TIFFRGBAImage*)> closer(&image, TIFFRGBAImageEnd);
  image.req_orientation = image.orientation;  // rows as stored: the orientation is applied by our own code
  std::vector<uint32_t> raster(static_cast<size_t>(width) * height);
  const int ok = TIFFRGBAImageGet(&image, raster.data(), static_cast<uint32_t>(width), static_cast<uint32_t>(height));
  reader.check(ok == 1, "truncated or corrupt TIFF data");
  auto* rgb = pixels.data_ptr<uint8_t>();
  for (const uint32_t pixel : raster) {
    // libtiff has multiplied the colours by alpha: over white adds what is missing
    const uint32_t white = 255 - TIFFGetA(pixel);
    *rgb++ = static_cast<uint8_t>(std::min(255u, TIFFGetR(pixel) + white));
    *rgb++ = static_cast<uint8_t>(std::min(255u, TIFFGetG(pixel) + white));
    *rgb++ = static_cast<uint8_t>(std::min(255u, TIFFGetB(pixel) + white));
  }
}

void decode_floats(const TiffReader& reader, int64_t width, int64_t height, torch::Tensor& pixels) {
  const int samples = reader.field<uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
  const bool contiguous = reader.field<uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_CONTIG;
  if (TIFFIsTiled(reader.get()) || (samples != 1 && samples != 3) || (samples == 3 && !contiguous)) {
    throw CodecError("a float TIFF that is not gray or RGB in strips");
  }
  const size_t row_bytes = static_cast<size_t>(width) * samples * sizeof(float);
  if (TIFFScanlineSize(reader.get()) != static_cast<tmsize_t>(row_bytes)) throw CodecError("corrupt TIFF row size");
  std::vector<float> row(static_cast<size_t>(width) * samples);
  auto* rgb = pixels.data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y) {
    const int ok = TIFFReadScanline(reader.get(), row.data(), static_cast<uint32_t>(y), 0);
    reader.check(ok == 1, "truncated or corrupt TIFF data");
    for (int64_t x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const float value = row[x * samples + (samples == 3 ? c : 0)];
        if (!(value >= 0.0F && value <= 1.0F)) {  // false for NaN
          throw CodecError("a float sample of " + std::to_string(value) + " at (" + std::to_string(x) + ", " +
                           std::to_string(y) + "), outside of 0 to 1");
        }
        *rgb++ = static_cast<uint8_t>(std::lround(value * 255.0F));
      }
    }
  }
}

}  // namespace

Decoded decode_tiff(ByteView bytes, const DecodeOptions& options) {
  const TiffReader reader(bytes);
  const int64_t width = reader.field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
  const int64_t height = reader.field<uint32_t>(TIFFTAG_IMAGELENGTH, 0);
  check_dimensions(width, height, options);
  const int bits = reader.field<uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
  const int format = reader.field<uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);

  Decoded out;
  out.pixels = allocate_rgb(height, width);
  if (format == SAMPLEFORMAT_IEEEFP && bits == 32) {
    decode_floats(reader, width, height, out.pixels);
  } else if (format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID) {
    decode_integers(reader, width, height, out.pixels);
  } else {
    throw CodecError("a TIFF of signed, complex or half-precision samples");
  }
  const int orientation = reader.field<uint16_t>(TIFFTAG_ORIENTATION, 1);
  out.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  if (TIFFLastDirectory(reader.get()) == 0) out.notes.emplace_back("first page of several");
  return out;
}

}  // namespace multipole::codecs
