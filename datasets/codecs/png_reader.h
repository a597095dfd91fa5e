// libpng over a ByteSource, for pictures and for masks.
#pragma once

#include <png.h>

#include <csetjmp>
#include <cstdint>

#include "datasets/codecs/byte_source.h"
#include "datasets/codecs/codec.h"

namespace multipole::codecs {

// Owns a reader whose errors come back as CodecError; every CRC is checked.
class PngReader {
 public:
  // Keeps a reference to `source`.
  explicit PngReader(const ByteSource& source);
  ~PngReader();
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  png_structp png() const { return png_; }
  png_infop info() const { return info_; }

  // `step` is skipped over by longjmp when libpng fails: it must own nothing that has a destructor.
  template <class Step>
  void run(Step step) {
    if (setjmp(jump_) != 0) throw CodecError(message_);
    step(png_, info_);
  }

 private:
  [[noreturn]] static void fail(png_structp png, const char* message);
  static void read_bytes(png_structp png, png_bytep out, size_t count);

  const ByteSource& source_;
  uint64_t offset_ = 0;  // of the next byte
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  char message_[256] = {};
};

}  // namespace multipole::codecs
