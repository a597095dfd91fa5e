// libtiff over a ByteSource.
#pragma once

#include <tiffio.h>

#include <cstdarg>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/codecs/byte_source.h"

namespace multipole::codecs {

// An open TIFF at its first page; keeps the first error that libtiff reports. `source` must outlive it.
class TiffReader {
 public:
  // Throws CodecError for a corrupt header.
  explicit TiffReader(const ByteSource& source);

  TIFF* get() const { return tiff_.get(); }

  // Opens another page, counted from 0; nothing happens where it is the open one. Throws CodecError.
  void go_to(uint32_t page) const;

  // Before tiles of the open page, which stays open, are read as RGBA. libtiff takes the size of its own buffer, whole
  // kilobytes, for the size of an uncompressed tile, and refuses the others; a buffer of ours is as large as the tile.
  void prepare_rgba_tiles();

  // Throws CodecError unless `ok` and no error was reported so far.
  void check(bool ok, const char* reason) const;

  template <class T>
  T field(uint32_t tag, T fallback) const {
    T value = fallback;
    return TIFFGetFieldDefaulted(tiff_.get(), tag, &value) == 1 ? value : fallback;
  }

 private:
  static int on_error(TIFF*, void* user, const char*, const char* format, va_list arguments);
  static tmsize_t read(thandle_t handle, void* out, tmsize_t count);
  static toff_t seek(thandle_t handle, toff_t offset, int whence);

  const ByteSource& source_;
  uint64_t position_ = 0;
  std::string message_;
  std::vector<uint8_t> stored_tile_;
  std::unique_ptr<TIFF, void (*)(TIFF*)> tiff_{nullptr, TIFFClose};
};

}  // namespace multipole::codecs
