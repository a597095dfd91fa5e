#include "datasets/formats/pack_writer.h"

#include <array>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"

namespace multipole {

namespace {

void append_string(std::string& out, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof(size));
  out.append(text);
}

void append_names(std::string& out, const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const auto& name : names) {
    if (name.empty() || !seen.insert(name).second) throw ConfigError("'" + name + "' names two classes or splits");
    append_string(out, name);
  }
}

}  // namespace

PackWriter::PackWriter(Sink sink, std::string note, std::vector<std::string> class_names,
                       std::vector<std::string> split_names)
    : sink_(std::move(sink)), num_classes_(class_names.size()), num_splits_(split_names.size()) {
  append_string(strings_, note);
  append_names(strings_, class_names);
  append_names(strings_, split_names);
  write(kPackMagic.data(), kPackMagic.size());
}

void PackWriter::add(const PackRecord& record) {
  const auto num_pixels = static_cast<uint64_t>(record.height * record.width);
  const bool has_mask = !record.mask.empty();
  if (record.image.size() != num_pixels * 3 || (has_mask && record.mask.size() != num_pixels) ||
      record.label >= static_cast<int64_t>(num_classes_) || record.split >= static_cast<int64_t>(num_splits_)) {
    throw std::invalid_argument(std::string(record.name) + ": a pack record whose parts contradict each other");
  }
  static constexpr std::array<char, kPackAlignment> kZeros = {};
  write(kZeros.data(), (kPackAlignment - position_ % kPackAlignment) % kPackAlignment);
  Checksum sum;
  sum.add(record.image.data(), record.image.size());
  sum.add(record.mask.data(), record.mask.size());
  PackRecordLayout layout = {};
  layout.offset = position_;
  layout.checksum = sum.value();
  layout.height = static_cast<uint32_t>(record.height);
  layout.width = static_cast<uint32_t>(record.width);
  layout.label = record.label < 0 ? kPackNone : static_cast<uint32_t>(record.label);
  layout.split = record.split < 0 ? kPackNone : static_cast<uint32_t>(record.split);
  layout.has_mask = has_mask ? 1 : 0;
  write(record.image.data(), record.image.size());
  write(record.mask.data(), record.mask.size());
  records_.push_back(layout);
  append_string(record_names_, record.name);
}

void PackWriter::finish() {
  PackTrailerLayout trailer = {};
  trailer.num_records = records_.size();
  trailer.num_classes = num_classes_;
  trailer.num_splits = num_splits_;
  trailer.index_offset = position_;
  Checksum sum;
  const auto write_index = [&](const void* data, size_t size) {
    sum.add(data, size);
    write(data, size);
  };
  write_index(records_.data(), records_.size() * sizeof(PackRecordLayout));
  write_index(strings_.data(), strings_.size());
  write_index(record_names_.data(), record_names_.size());
  trailer.index_size = position_ - trailer.index_offset;
  trailer.index_checksum = sum.value();
  trailer.checksum = checksum(ByteView(reinterpret_cast<const uint8_t*>(&trailer), kPackTrailerChecked));
  std::memcpy(trailer.magic, kPackTrailerMagic.data(), sizeof(trailer.magic));
  write(&trailer, sizeof(trailer));
}

void PackWriter::write(const void* data, size_t size) {
  if (size == 0) return;
  sink_(data, size);
  position_ += size;
}

}  // namespace multipole
