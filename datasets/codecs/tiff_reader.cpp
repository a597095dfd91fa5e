#include "datasets/codecs/tiff_reader.h"

#include <cstdio>

namespace multipole::codecs {

namespace {

constexpr tmsize_t kMaxAllocation = tmsize_t{1} << 31;  // of libtiff, at once: strips and tiles of hostile sizes

}  // namespace

TiffReader::TiffReader(const ByteSource& source) : source_(source) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxAllocation);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &TiffReader::on_error, this);
  TIFFOpenOptionsSetWarningHandlerExtR(
      options.get(), [](TIFF*, void*, const char*, const char*, va_list) { return 1; }, nullptr);
  tiff_.reset(TIFFClientOpenExt(
      "image", "rm", this, &TiffReader::read, [](thandle_t, void*, tmsize_t) { return tmsize_t{-1}; },
      &TiffReader::seek, [](thandle_t) { return 0; },
      [](thandle_t handle) { return toff_t{static_cast<TiffReader*>(handle)->source_.size()}; }, nullptr, nullptr,
      options.get()));
  check(tiff_ != nullptr, "a corrupt TIFF header");
}

void TiffReader::go_to(uint32_t page) const {
  if (TIFFCurrentDirectory(tiff_.get()) == page) return;
  check(TIFFSetDirectory(tiff_.get(), page) == 1, "a corrupt TIFF page");
}

void TiffReader::prepare_rgba_tiles() {
  if (TIFFIsTiled(tiff_.get()) == 0 || field<uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE) != COMPRESSION_NONE)
    return;
  const tmsize_t size = TIFFTileSize(tiff_.get());
  if (size <= 0 || static_cast<uint64_t>(size) > source_.size()) return;  // no such tile is in the file
  stored_tile_.resize(static_cast<size_t>(size));
  check(TIFFReadBufferSetup(tiff_.get(), stored_tile_.data(), size) == 1, "corrupt TIFF tiles");
}

void TiffReader::check(bool ok, const char* reason) const {
  if (ok && message_.empty()) return;
  throw CodecError(message_.empty() ? reason : message_);
}

int TiffReader::on_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  auto& message = static_cast<TiffReader*>(user)->message_;
  char text[256];
  std::vsnprintf(text, sizeof(text), format, arguments);
  if (message.empty()) message = text;
  return 1;
}

tmsize_t TiffReader::read(thandle_t handle, void* out, tmsize_t count) {
  auto& self = *static_cast<TiffReader*>(handle);
  if (count <= 0) return 0;
  const size_t taken = self.source_.read(self.position_, out, static_cast<size_t>(count));
  self.position_ += taken;
  return static_cast<tmsize_t>(taken);
}

toff_t TiffReader::seek(thandle_t handle, toff_t offset, int whence) {
  auto& self = *static_cast<TiffReader*>(handle);
  self.position_ = offset + (whence == SEEK_CUR ? self.position_ : whence == SEEK_END ? self.source_.size() : 0);
  return self.position_;
}

}  // namespace multipole::codecs
