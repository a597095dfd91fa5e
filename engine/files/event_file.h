// Events that TensorBoard opens: RUN/events.out.tfevents.<seconds>.<host>.<pid>, one file each time a run starts.
// A file is a sequence of TFRecords (https://www.tensorflow.org/tutorials/load_data/tfrecord: length, masked CRC of the
// length, data, masked CRC of the data), each record a protocol buffer "Event"
// (https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto).
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace multipole {

class EventFile {
 public:
  // Makes a file in `folder`. `resumed_step` 0 starts a run: event files that are there are removed. Otherwise
  // TensorBoard is told to forget what earlier files say of later steps. Throws ResourceError where it cannot be
  // written, as do the functions below; each of them flushes.
  EventFile(const std::filesystem::path& folder, int64_t resumed_step);

  void add_scalar(const std::string& tag, double value, int64_t step);

  // Shown as Markdown.
  void add_text(const std::string& tag, const std::string& text, int64_t step);

  // `encoded` is a whole PNG or JPEG file of 3 channels.
  void add_image(const std::string& tag, std::string_view encoded, int64_t height, int64_t width, int64_t step);

  const std::filesystem::path& path() const { return path_; }

 private:
  void add_summary(const std::string& value, int64_t step);
  void write_event(const std::string& content, int64_t step);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace multipole
