#include "engine/files/event_file.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <system_error>

#include "base/error.h"
#include "engine/files/crc32c.h"
#include "engine/files/protobuf.h"

namespace multipole {
namespace {

using protobuf::bytes_field;
using protobuf::double_field;
using protobuf::fixed;
using protobuf::float_field;
using protobuf::integer_field;

constexpr std::string_view kNamePrefix = "events.out.tfevents.";

// Field numbers of event.proto, summary.proto and tensor.proto.
constexpr uint64_t kEventWallTime = 1, kEventStep = 2, kEventFileVersion = 3, kEventSummary = 5, kEventSessionLog = 7;
constexpr uint64_t kSessionStatus = 1;
constexpr int64_t kSessionStart = 1;
constexpr uint64_t kSummaryValue = 1;
constexpr uint64_t kValueTag = 1, kValueSimple = 2, kValueImage = 4, kValueTensor = 8, kValueMetadata = 9;
constexpr uint64_t kImageHeight = 1, kImageWidth = 2, kImageColorspace = 3, kImageEncoded = 4;
constexpr int64_t kColorspaceRgb = 3;
constexpr uint64_t kMetadataPlugin = 1, kPluginName = 1;
constexpr uint64_t kTensorDtype = 1, kTensorString = 8;
constexpr int64_t kDtypeString = 7;

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

// TensorBoard reads the files of a folder in the order of their names.
std::filesystem::path new_path(const std::filesystem::path& folder) {
  std::array<char, 256> host = {};
  if (::gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') host = {"host"};
  std::array<char, 32> seconds = {};
  std::snprintf(seconds.data(), seconds.size(), "%010lld", static_cast<long long>(now()));
  const std::string stem =
      std::string(kNamePrefix) + seconds.data() + "." + host.data() + "." + std::to_string(::getpid());
  std::filesystem::path path = folder / stem;
  for (int count = 1; std::filesystem::exists(path); ++count) path = folder / (stem + "." + std::to_string(count));
  return path;
}

void remove_event_files(const std::filesystem::path& folder) {
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
    if (entry.path().filename().string().starts_with(kNamePrefix)) std::filesystem::remove(entry.path(), code);
  }
}

}  // namespace

EventFile::EventFile(const std::filesystem::path& folder, int64_t resumed_step) {
  if (resumed_step == 0) remove_event_files(folder);
  path_ = new_path(folder);
  file_.open(path_, std::ios::binary);
  write_event(bytes_field(kEventFileVersion, "brain.Event:2"), 0);
  if (resumed_step > 0) {
    const std::string session = integer_field(kSessionStatus, kSessionStart);
    write_event(bytes_field(kEventSessionLog, session), resumed_step + 1);
  }
}

void EventFile::add_scalar(const std::string& tag, double value, int64_t step) {
  add_summary(bytes_field(kValueTag, tag) + float_field(kValueSimple, static_cast<float>(value)), step);
}

void EventFile::add_text(const std::string& tag, const std::string& text, int64_t step) {
  const std::string plugin = bytes_field(kPluginName, "text");
  const std::string tensor = integer_field(kTensorDtype, kDtypeString) + bytes_field(kTensorString, text);
  add_summary(bytes_field(kValueTag, tag) + bytes_field(kValueTensor, tensor) +
                  bytes_field(kValueMetadata, bytes_field(kMetadataPlugin, plugin)),
              step);
}

void EventFile::add_image(const std::string& tag, std::string_view encoded, int64_t height, int64_t width,
                          int64_t step) {
  const std::string image = integer_field(kImageHeight, height) + integer_field(kImageWidth, width) +
                            integer_field(kImageColorspace, kColorspaceRgb) + bytes_field(kImageEncoded, encoded);
  add_summary(bytes_field(kValueTag, tag) + bytes_field(kValueImage, image), step);
}

void EventFile::add_summary(const std::string& value, int64_t step) {
  write_event(bytes_field(kEventSummary, bytes_field(kSummaryValue, value)), step);
}

void EventFile::write_event(const std::string& content, int64_t step) {
  const std::string event = double_field(kEventWallTime, now()) + integer_field(kEventStep, step) + content;
  const std::string length = fixed(event.size(), 8);
  file_ << length << fixed(masked_crc32c(length), 4) << event << fixed(masked_crc32c(event), 4) << std::flush;
  if (!file_) throw ResourceError("cannot write " + path_.string() + ": is the disk full?");
}

}  // namespace multipole
