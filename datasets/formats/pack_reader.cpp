#include "datasets/formats/pack_reader.h"

#include <cstring>
#include <set>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"

namespace multipole {

namespace {

// A picture's side; keeps height * width * 4 far from overflow.
constexpr uint32_t kMaxSide = 1 << 24;

std::string_view text_of(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Picture and mask.
uint64_t data_size(const PackRecordLayout& record) {
  return uint64_t{record.height} * record.width * (record.has_mask != 0 ? 4 : 3);
}

// The next string of a row of them, or nothing where the bytes end too early.
bool take_string(ByteView& rest, std::string_view& out) {
  uint32_t size = 0;
  if (rest.size() < sizeof(size)) return false;
  std::memcpy(&size, rest.data(), sizeof(size));
  rest = rest.subspan(sizeof(size));
  if (size > rest.size()) return false;
  out = text_of(rest.first(size));
  rest = rest.subspan(size);
  return true;
}

}  // namespace

PackReader::PackReader(ByteView bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {
  if (!text_of(bytes).starts_with(kPackMagic)) {
    fail(text_of(bytes).starts_with("multipole pack ") ? "packed by another version of multipole; pack the data again"
                                                       : "no packed data: it does not begin with its magic word");
  }
  if (bytes.size() < kPackMagic.size() + sizeof(PackTrailerLayout)) fail("truncated");
  PackTrailerLayout trailer;
  const ByteView tail = bytes.last(sizeof(trailer));
  std::memcpy(&trailer, tail.data(), sizeof(trailer));
  if (std::string_view(trailer.magic, sizeof(trailer.magic)) != kPackTrailerMagic) fail("truncated: it has no trailer");
  if (checksum(tail.first(kPackTrailerChecked)) != trailer.checksum) fail("damaged: the trailer's checksum differs");
  const uint64_t end = bytes.size() - sizeof(trailer);
  if (trailer.index_offset > end || trailer.index_size != end - trailer.index_offset) {
    fail("damaged: the index does not end where the trailer begins");
  }
  const ByteView index = bytes.subspan(trailer.index_offset, trailer.index_size);
  if (checksum(index) != trailer.index_checksum) fail("damaged: the index's checksum differs");
  if (trailer.num_records > index.size() / sizeof(PackRecordLayout)) fail("damaged: more records than the index holds");
  bytes_ = bytes.first(trailer.index_offset);
  read_records(index, trailer.num_records);
  read_strings(index.subspan(trailer.num_records * sizeof(PackRecordLayout)), trailer);
}

void PackReader::read_records(ByteView index, uint64_t count) {
  records_.resize(count);
  if (count > 0) std::memcpy(records_.data(), index.data(), count * sizeof(PackRecordLayout));
  for (uint64_t i = 0; i < count; ++i) {
    const PackRecordLayout& record = records_[i];
    const std::string where = "damaged: record " + std::to_string(i);
    if (record.height == 0 || record.width == 0 || record.height > kMaxSide || record.width > kMaxSide ||
        record.has_mask > 1 || record.reserved != 0) {
      fail(where + " describes no picture");
    }
    if (record.offset < kPackMagic.size() || record.offset > bytes_.size() ||
        data_size(record) > bytes_.size() - record.offset) {
      fail(where + " lies outside of the file");
    }
  }
}

void PackReader::read_strings(ByteView strings, const PackTrailerLayout& trailer) {
  std::string_view text;
  const auto next = [&] {
    if (!take_string(strings, text)) fail("damaged: names are missing");
    return text;
  };
  const auto read_list = [&](uint64_t count, std::vector<std::string>& list) {
    std::set<std::string_view> seen;
    for (uint64_t i = 0; i < count; ++i) {
      list.emplace_back(next());
      if (text.empty() || !seen.insert(text).second) fail("damaged: a class or split without a name of its own");
    }
  };
  note_ = next();
  record_names_.reserve(records_.size());
  read_list(trailer.num_classes, class_names_);
  read_list(trailer.num_splits, split_names_);
  for (const auto& record : records_) {
    record_names_.push_back(next());
    if ((record.label != kPackNone && record.label >= class_names_.size()) ||
        (record.split != kPackNone && record.split >= split_names_.size())) {
      fail("damaged: '" + std::string(text) + "' has a label or split that the pack does not name");
    }
  }
  if (!strings.empty()) fail("damaged: bytes behind the names");
}

PackRecord PackReader::record(int64_t index) const {
  const PackRecordLayout& layout = records_.at(static_cast<size_t>(index));
  const uint64_t num_pixels = uint64_t{layout.height} * layout.width;
  PackRecord out;
  out.name = record_names_[static_cast<size_t>(index)];
  out.image = bytes_.subspan(layout.offset, num_pixels * 3);
  if (layout.has_mask != 0) out.mask = bytes_.subspan(layout.offset + num_pixels * 3, num_pixels);
  out.height = layout.height;
  out.width = layout.width;
  if (layout.label != kPackNone) out.label = layout.label;
  if (layout.split != kPackNone) out.split = layout.split;
  return out;
}

PackRecord PackReader::checked_record(int64_t index) const {
  const PackRecord out = record(index);
  const PackRecordLayout& layout = records_[static_cast<size_t>(index)];
  if (checksum(bytes_.subspan(layout.offset, data_size(layout))) != layout.checksum) {
    fail("record " + std::to_string(index) + " (" + std::string(out.name) + ") is damaged: its checksum differs");
  }
  return out;
}

void PackReader::fail(const std::string& reason) const { throw InputError("cannot read " + name_ + ": " + reason); }

}  // namespace multipole
