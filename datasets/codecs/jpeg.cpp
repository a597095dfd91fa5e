// JPEG through libjpeg. Its warnings mean damaged or missing data, so a warning is an error here.
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE
#include <cstring>

#include "datasets/codecs/codec.h"
#include "datasets/codecs/exif.h"
#include "datasets/codecs/pixels.h"

namespace multipole::codecs {

namespace {

// A progressive file may hold any number of scans, each of which costs a pass over the whole picture.
constexpr int kMaxScans = 200;

// Owns a libjpeg decompressor whose errors come back as CodecError.
class JpegDecompressor {
 public:
  explicit JpegDecompressor(bool allow_truncated) : allow_truncated_(allow_truncated) {
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

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_{};
  char message_[JMSG_LENGTH_MAX] = {};
  bool allow_truncated_;
};

void read_orientation(const jpeg_decompress_struct& info, Decoded& out) {
  for (jpeg_saved_marker_ptr marker = info.marker_list; marker != nullptr; marker = marker->next) {
    if (marker->data_length < 6 || std::memcmp(marker->data, "Exif\0", 6) != 0) continue;
    const auto orientation = exif_orientation(ByteView(marker->data, marker->data_length));
    if (!orientation) out.notes.emplace_back("corrupt EXIF ignored");
    out.orientation = orientation.value_or(1);
    return;
  }
}

// Adobe's inverted CMYK: 255 is no ink.
void cmyk_to_rgb(const uint8_t* cmyk, uint8_t* rgb, int64_t count) {
  for (int64_t i = 0; i < count; ++i, cmyk += 4, rgb += 3) {
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>((cmyk[c] * cmyk[3] + 127) / 255);
  }
}

}  // namespace

Decoded decode_jpeg(ByteView bytes, const DecodeOptions& options) {
  JpegDecompressor jpeg(options.allow_truncated);
  jpeg.run([&](jpeg_decompress_struct& info) {
    jpeg_mem_src(&info, bytes.data(), bytes.size());
    jpeg_save_markers(&info, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&info, TRUE);
  });
  auto& info = jpeg.info();
  check_dimensions(info.image_width, info.image_height, options);
  const bool cmyk = info.num_components == 4;
  if (info.num_components != 1 && info.num_components != 3 && !cmyk) {
    throw CodecError("a JPEG of " + std::to_string(info.num_components) + " components");
  }
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;

  Decoded out;
  read_orientation(info, out);
  const int64_t height = info.image_height, width = info.image_width;
  // zeroed: with allow_truncated some rows may never be written
  out.pixels = torch::zeros({height, width, 3}, torch::kUInt8);
  auto* const rgb = out.pixels.data_ptr<uint8_t>();
  std::vector<uint8_t> cmyk_row(cmyk ? width * 4 : 0);
  jpeg.run([](jpeg_decompress_struct& step_info) { jpeg_start_decompress(&step_info); });
  for (int64_t y = 0; y < height; ++y) {
    auto* row = cmyk ? cmyk_row.data() : rgb + y * width * 3;
    jpeg.run([row](jpeg_decompress_struct& step_info) mutable { jpeg_read_scanlines(&step_info, &row, 1); });
    if (cmyk) cmyk_to_rgb(row, rgb + y * width * 3, width);
  }
  jpeg.run([](jpeg_decompress_struct& step_info) { jpeg_finish_decompress(&step_info); });
  if (info.err->num_warnings > 0) out.notes.emplace_back("damaged: some of the picture is missing");
  return out;
}

}  // namespace multipole::codecs
