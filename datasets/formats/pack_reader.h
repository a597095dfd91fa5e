// Reads packed data (pack_format.h) from bytes in memory, trusting none of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_view.h"
#include "datasets/formats/pack_format.h"

namespace multipole {

struct PackRecord {
  std::string_view name;
  ByteView image;  // height * width * 3
  ByteView mask;   // height * width class ids, or empty
  int64_t height = 0, width = 0;
  int64_t label = -1;  // into class_names(), -1 where there is none
  int64_t split = -1;  // into split_names(), -1 where there is none
};

class PackReader {
 public:
  // Checks everything but the pictures themselves; `bytes` must outlive the reader. Throws InputError
  // "NAME: reason" for what is no pack, truncated, damaged, or of another version.
  PackReader(ByteView bytes, std::string name);

  int64_t size() const { return static_cast<int64_t>(records_.size()); }
  const std::string& note() const { return note_; }  // how it was made, for people
  const std::vector<std::string>& class_names() const { return class_names_; }
  const std::vector<std::string>& split_names() const { return split_names_; }

  PackRecord record(int64_t index) const;

  // The record, its checksum compared. Throws InputError "NAME: record I (its name): reason".
  PackRecord checked_record(int64_t index) const;

 private:
  [[noreturn]] void fail(const std::string& reason) const;
  void read_records(ByteView index, uint64_t count);
  void read_strings(ByteView strings, const PackTrailerLayout& trailer);

  ByteView bytes_;
  std::string name_;
  std::string note_;
  std::vector<PackRecordLayout> records_;
  std::vector<std::string_view> record_names_;
  std::vector<std::string> class_names_, split_names_;
};

}  // namespace multipole
