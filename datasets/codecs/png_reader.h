// libpng over bytes in memory, for pictures and for masks.
#pragma once

#include <png.h>

#include <csetjmp>

#include "datasets/codecs/codec.h"

namespace multipole::codecs {

// Owns a reader whose errors come back as CodecError; every CRC is checked.
class PngReader {
 public:
  explicit PngReader(ByteView bytes);
  ~PngReader();
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  png_structp png() { return png_; }
  png_infop info() { return info_; }

  // `step` is skipped over by longjmp when libpng fails: it must own nothing that has a destructor.
  template <class Step>
  void run(Step step) {
    if (setjmp(jump_) != 0) throw CodecError(message_);
    step(png_, info_);
  }

 private:
  [[noreturn]] static void fail(png_structp png, const char* message);
  static void read_bytes(png_structp png, png_bytep out, size_t count);

  ByteView bytes_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  char message_[256] = {};
};

}  // namespace multipole::codecs
