// Writes packed data (pack_format.h) from the first byte to the last, wherever the bytes go.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "datasets/formats/pack_format.h"
#include "datasets/formats/pack_reader.h"

namespace multipole {

class PackWriter {
 public:
  // Appends bytes to the file.
  using Sink = std::function<void(const void* data, size_t size)>;

  // `note`: how the pack is made, for people. Throws ConfigError where a class or split has no name of its own.
  PackWriter(Sink sink, std::string note, std::vector<std::string> class_names, std::vector<std::string> split_names);

  // Labels and splits are places in the names, or -1. Throws std::invalid_argument where the sizes contradict.
  void add(const PackRecord& record);

  // The index and the trailer. Nothing may be added afterwards.
  void finish();

  int64_t size() const { return static_cast<int64_t>(records_.size()); }
  uint64_t bytes_written() const { return position_; }

 private:
  void write(const void* data, size_t size);

  Sink sink_;
  uint64_t position_ = 0;
  std::vector<PackRecordLayout> records_;
  size_t num_classes_, num_splits_;
  std::string strings_;  // the note, the classes and the splits as the index holds them
  std::string record_names_;
};

}  // namespace multipole
