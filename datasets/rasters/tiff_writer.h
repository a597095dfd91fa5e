// libtiff as it writes a file: its errors as exceptions.
#pragma once

#include <tiffio.h>

#include <filesystem>
#include <memory>
#include <string>

namespace multipole {

class TiffWriter {
 public:
  // `mode`: libtiff's, such as "w" or "w8". Throws ResourceError "cannot write PATH: reason".
  TiffWriter(const std::filesystem::path& path, const char* mode);

  TIFF* get() const { return tiff_.get(); }
  // Throws ResourceError unless `ok` and no error was reported so far.
  void check(bool ok) const;
  // Bytes behind whatever is in the file so far; libtiff goes on behind them.
  void append(const void* bytes, size_t size) const;
  void close();

 private:
  std::filesystem::path path_;
  std::string message_;
  std::unique_ptr<TIFF, void (*)(TIFF*)> tiff_{nullptr, TIFFClose};
};

}  // namespace multipole
