#include "datasets/pictures/jpeg_writer.h"

#include <jpeglib.h>

#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace multipole {

// Keeps what libjpeg has written until the caller takes it: nothing may be thrown through libjpeg.
class JpegWriter::Encoder {
 public:
  Encoder() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) {
      auto& self = *static_cast<Encoder*>(info->client_data);
      info->err->format_message(info, self.message_);
      std::longjmp(self.jump_, 1);
    };
    errors_.output_message = [](j_common_ptr) {};
    run([](jpeg_compress_struct& info) { jpeg_create_compress(&info); });
    destination_.init_destination = [](j_compress_ptr info) { self(info).restart(); };
    destination_.empty_output_buffer = [](j_compress_ptr info) {
      self(info).keep(self(info).buffer_.size());
      return static_cast<boolean>(TRUE);
    };
    destination_.term_destination = [](j_compress_ptr info) {
      self(info).keep(self(info).buffer_.size() - info->dest->free_in_buffer);
    };
    info_.dest = &destination_;
  }
  ~Encoder() { jpeg_destroy_compress(&info_); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // `step` is skipped over by longjmp when libjpeg fails: it must own nothing that has a destructor.
  template <class Step>
  void run(Step step) {
    if (setjmp(jump_) != 0) throw std::invalid_argument(std::string("libjpeg refused a picture: ") + message_);
    step(info_);
  }

  std::vector<uint8_t> take() { return std::exchange(bytes_, {}); }

 private:
  static Encoder& self(j_compress_ptr info) { return *static_cast<Encoder*>(info->client_data); }
  void keep(size_t count) {
    bytes_.insert(bytes_.end(), buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(count));
    restart();
  }
  void restart() {
    destination_.next_output_byte = buffer_.data();
    destination_.free_in_buffer = buffer_.size();
  }

  jpeg_compress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_destination_mgr destination_{};
  std::jmp_buf jump_{};
  char message_[JMSG_LENGTH_MAX] = {};
  std::array<JOCTET, 1 << 16> buffer_;
  std::vector<uint8_t> bytes_;
};

JpegWriter::JpegWriter(int64_t height, int64_t width, int quality, ByteSink sink)
    : encoder_(std::make_unique<Encoder>()), sink_(std::move(sink)) {
  if (height < 1 || width < 1 || height > kMaxJpegSide || width > kMaxJpegSide) {
    throw std::invalid_argument("a JPEG of " + std::to_string(height) + " x " + std::to_string(width) + " pixels");
  }
  encoder_->run([=](jpeg_compress_struct& info) {
    info.image_height = static_cast<JDIMENSION>(height);
    info.image_width = static_cast<JDIMENSION>(width);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
  });
}

JpegWriter::~JpegWriter() = default;

void JpegWriter::write(const torch::Tensor& rows) {
  const torch::Tensor bytes = rows.contiguous();
  for (int64_t y = 0; y < bytes.size(0); ++y) {
    auto* row = bytes.data_ptr<uint8_t>() + y * bytes.size(1) * 3;
    encoder_->run([row](jpeg_compress_struct& info) mutable { jpeg_write_scanlines(&info, &row, 1); });
  }
  pass_on();
}

void JpegWriter::finish() {
  encoder_->run([](jpeg_compress_struct& info) { jpeg_finish_compress(&info); });
  pass_on();
}

void JpegWriter::pass_on() {
  const auto encoded = encoder_->take();
  sink_(encoded.data(), encoded.size());
}

}  // namespace multipole
