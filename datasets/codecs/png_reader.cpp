#include "datasets/codecs/png_reader.h"

#include <cstring>
#include <new>

namespace multipole::codecs {

namespace {

constexpr png_alloc_size_t kMaxChunkBytes = 16 << 20;  // of text or a colour profile, once inflated

}  // namespace

PngReader::PngReader(const ByteSource& source) : source_(source) {
  png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, [](png_structp, png_const_charp) {});
  if (png_ != nullptr) info_ = png_create_info_struct(png_);
  if (info_ == nullptr) {
    png_destroy_read_struct(&png_, nullptr, nullptr);
    throw std::bad_alloc();
  }
  png_set_read_fn(png_, this, read_bytes);
  // our own limit says more than libpng's
  png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_malloc_max(png_, kMaxChunkBytes);
  png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
}

PngReader::~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

void PngReader::fail(png_structp png, const char* message) {
  auto& self = *static_cast<PngReader*>(png_get_error_ptr(png));
  std::strncpy(self.message_, message, sizeof(self.message_) - 1);
  std::longjmp(self.jump_, 1);
}

void PngReader::read_bytes(png_structp png, png_bytep out, size_t count) {
  auto& self = *static_cast<PngReader*>(png_get_io_ptr(png));
  if (self.source_.read(self.offset_, out, count) < count) fail(png, "truncated");
  self.offset_ += count;
}

}  // namespace multipole::codecs
