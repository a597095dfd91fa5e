// JPEG through libjpeg. Its warnings mean damaged or missing data, so a warning is an error here.
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE
#include <cstring>

#include "datasets/codecs/codec.h"
#include "datasets/codecs/exif.h"
#include "datasets/codecs/pixels.h"
#include "datasets/codecs/row_decoder.h"

namespace multipole::codecs {

namespace {

// A progressive file may hold any number of scans, each of which costs a pass over the whole picture.
constexpr int kMaxScans = 200;

// libjpeg's view of a ByteSource. What ends too early gets an end-of-image marker and a warning, as libjpeg's own
// sources do.
struct JpegSource : jpeg_source_mgr {
  explicit JpegSource(const ByteSource& source_bytes) : jpeg_source_mgr{}, bytes(source_bytes) {
    init_source = [](j_decompress_ptr) {};
    term_source = [](j_decompress_ptr) {};
    resync_to_restart = jpeg_resync_to_restart;
    fill_input_buffer = [](j_decompress_ptr info) {
      auto& self = *static_cast<JpegSource*>(info->src);
      self.bytes_in_buffer = self.bytes.read(self.offset, self.buffer.data(), self.buffer.size());
      if (self.bytes_in_buffer == 0) {
        WARNMS(info, JWRN_JPEG_EOF);
        self.buffer = {0xFF, JPEG_EOI};
        self.bytes_in_buffer = 2;
      }
      self.offset += self.bytes_in_buffer;
      self.next_input_byte = self.buffer.data();
      return static_cast<boolean>(TRUE);
    };
    skip_input_data = [](j_decompress_ptr info, long count) {
      auto& self = *static_cast<JpegSource*>(info->src);
      if (count <= 0) return;
      const auto skipped = std::min<size_t>(static_cast<size_t>(count), self.bytes_in_buffer);
      self.next_input_byte += skipped;
      self.bytes_in_buffer -= skipped;
      self.offset += static_cast<size_t>(count) - skipped;
    };
  }

  const ByteSource& bytes;
  uint64_t offset = 0;
  std::array<JOCTET, 1 << 16> buffer;
};

// Owns a libjpeg decompressor whose errors come back as CodecError.
class JpegDecompressor {
 public:
  JpegDecompressor(const ByteSource& source, bool allow_truncated)
      : source_(source), allow_truncated_(allow_truncated) {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) { fail(info); };
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level < 0 && !self(info).allow_truncated_) fail(info);
      if (level < 0) ++info->err->num_warnings;
    };
    errors_.output_message = [](j_common_ptr) {};
    progress_.progress_monitor = [](j_common_ptr info) {
      if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
      std::strcpy(self(info).message_, "more than 200 scans");
      std::longjmp(self(info).jump_, 1);
    };
    run([](jpeg_decompress_struct& info) { jpeg_create_decompress(&info); });
    info_.progress = &progress_;
    info_.src = &source_;
  }
  ~JpegDecompressor() { jpeg_destroy_decompress(&info_); }
  JpegDecompressor(const JpegDecompressor&) = delete;
  JpegDecompressor& operator=(const JpegDecompressor&) = delete;

  jpeg_decompress_struct& info() { return info_; }

  // `step` is skipped over by longjmp when libjpeg fails: it must own nothing that has a destructor.
  template <class Step>
  void run(Step step) {
    if (setjmp(jump_) != 0) throw CodecError(message_);
    step(info_);
  }

 private:
  static JpegDecompressor& self(j_common_ptr info) { return *static_cast<JpegDecompressor*>(info->client_data); }
  [[noreturn]] static void fail(j_common_ptr info) {
    info->err->format_message(info, self(info).message_);
    std::longjmp(self(info).jump_, 1);
  }

  JpegSource source_;
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_{};
  char message_[JMSG_LENGTH_MAX] = {};
  bool allow_truncated_;
};

// Adobe's inverted CMYK: 255 is no ink.
void cmyk_to_rgb(const uint8_t* cmyk, uint8_t* rgb, int64_t count) {
  for (int64_t i = 0; i < count; ++i, cmyk += 4, rgb += 3) {
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>((cmyk[c] * cmyk[3] + 127) / 255);
  }
}

class JpegRows : public RowDecoder {
 public:
  JpegRows(const ByteSource& source, const DecodeOptions& options) : jpeg_(source, options.allow_truncated) {
    jpeg_.run([](jpeg_decompress_struct& info) {
      jpeg_save_markers(&info, JPEG_APP0 + 1, 0xFFFF);
      jpeg_read_header(&info, TRUE);
    });
    auto& info = jpeg_.info();
    // a file of several scans is held whole, as coefficients
    is_single_scan_ = !jpeg_has_multiple_scans(&info);
    check_dimensions(info.image_width, info.image_height,
                     is_single_scan_ ? options.max_streamed_pixels : options.max_pixels);
    cmyk_ = info.num_components == 4;
    if (info.num_components != 1 && info.num_components != 3 && !cmyk_) {
      throw CodecError("a JPEG of " + std::to_string(info.num_components) + " components");
    }
    info.out_color_space = cmyk_ ? JCS_CMYK : JCS_RGB;
    header_.height = info.image_height;
    header_.width = info.image_width;
    read_orientation();
    shown_ = {0, 0, header_.height, header_.width};
    if (cmyk_) line_.resize(static_cast<size_t>(header_.width) * 4);
    // reads a file of several scans to its end and keeps its coefficients
    jpeg_.run([](jpeg_decompress_struct& step_info) { jpeg_start_decompress(&step_info); });
  }

  void read(int64_t count, uint8_t* rgb) override {
    if (next_row_ < shown_.top) pass_to(shown_.top);
    for (int64_t y = 0; y < count; ++y, rgb += shown_.width * 3) read_row(rgb);
    if (next_row_ < shown_.bottom()) return;
    // the last row is read, where skipping it would leave unread what stands before it
    if (next_row_ < header_.height) pass_to(header_.height);
    jpeg_.run([](jpeg_decompress_struct& info) { jpeg_finish_decompress(&info); });
    if (jpeg_.info().err->num_warnings > 0) header_.notes.emplace_back("damaged: some of the picture is missing");
  }

  // What lies outside is read, and not transformed back. Where colours are stored at a lower resolution they are
  // interpolated with their neighbours', so libjpeg has a margin around what is shown.
  bool narrow_to(const CropBox& part) override {
    constexpr int64_t kMargin = 16;  // pixels
    const int64_t left = std::max<int64_t>(0, part.left - kMargin);
    auto first = static_cast<JDIMENSION>(left);
    auto width = static_cast<JDIMENSION>(std::min(header_.width, part.right() + kMargin) - left);
    if (is_single_scan_) {
      jpeg_.run([&first, &width](jpeg_decompress_struct& info) { jpeg_crop_scanline(&info, &first, &width); });
    } else {
      first = 0;
      width = static_cast<JDIMENSION>(header_.width);
    }
    shown_ = part;
    line_left_ = first;
    line_.resize(static_cast<size_t>(width * num_components()));
    return true;
  }

 private:
  int64_t num_components() const { return cmyk_ ? 4 : 3; }

  void read_orientation() {
    for (auto* marker = jpeg_.info().marker_list; marker != nullptr; marker = marker->next) {
      if (marker->data_length < 6 || std::memcmp(marker->data, "Exif\0", 6) != 0) continue;
      const auto orientation = exif_orientation(ByteView(marker->data, marker->data_length));
      if (!orientation) header_.notes.emplace_back("corrupt EXIF ignored");
      header_.orientation = orientation.value_or(1);
      return;
    }
  }

  // Up to row `end`, what is passed not seen: whole rows of blocks are skipped, but for the last before `end`, with
  // which the colours of what follows are interpolated.
  void pass_to(int64_t end) {
    const int64_t of_blocks = int64_t{DCTSIZE} * jpeg_.info().max_v_samp_factor;
    const int64_t skipped = ((end - 1) / of_blocks - 1) * of_blocks - next_row_;
    if (is_single_scan_ && skipped > 0) {
      const auto count = static_cast<JDIMENSION>(skipped);
      jpeg_.run([count](jpeg_decompress_struct& info) { jpeg_skip_scanlines(&info, count); });
      next_row_ += skipped;
    }
    while (next_row_ < end) read_line(line_.data());
  }

  void read_line(uint8_t* line) {
    jpeg_.run([line](jpeg_decompress_struct& info) mutable { jpeg_read_scanlines(&info, &line, 1); });
    ++next_row_;
  }

  void read_row(uint8_t* rgb) {
    if (line_.empty()) return read_line(rgb);
    read_line(line_.data());
    const uint8_t* const part = line_.data() + (shown_.left - line_left_) * num_components();
    if (cmyk_) return cmyk_to_rgb(part, rgb, shown_.width);
    std::copy_n(part, shown_.width * 3, rgb);
  }

  JpegDecompressor jpeg_;
  bool cmyk_ = false, is_single_scan_ = true;
  CropBox shown_;              // what read() gives
  int64_t next_row_ = 0;       // of the file
  std::vector<uint8_t> line_;  // a row as libjpeg gives it; empty where that is what read() gives
  int64_t line_left_ = 0;      // its first pixel
};

}  // namespace

std::unique_ptr<RowDecoder> open_jpeg_rows(const ByteSource& source, const DecodeOptions& options) {
  return std::make_unique<JpegRows>(source, options);
}

Decoded decode_jpeg(ByteView bytes, const DecodeOptions& options) {
  const MemorySource source(bytes);
  return decode_rows(*open_jpeg_rows(source, options));
}

}  // namespace multipole::codecs
