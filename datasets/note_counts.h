// What decoding said of pictures, counted: a thousand of one kind make one line.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace multipole {

class NoteCounts {
 public:
  struct Count {
    int64_t pictures = 0;
    int64_t first_index = 0;  // the smallest, whatever the order they were added in
    std::string first_path;
  };

  void add(int64_t index, const Sample& sample) {
    for (const auto& note : sample.notes) {
      Count& count = counts_[note];
      if (count.pictures++ > 0 && count.first_index <= index) continue;
      count.first_index = index;
      count.first_path = sample.path;
    }
  }

  // By note, in byte order.
  const std::map<std::string, Count>& counts() const { return counts_; }

  // "note: 12 pictures, such as a.tif: bands 1 to 3 of 4 are taken as red, green and blue"
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const auto& [note, count] : counts_) {
      const std::string number =
          count.pictures == 1 ? "1 picture, " : std::to_string(count.pictures) + " pictures, such as ";
      lines.push_back("note: " + number + count.first_path + ": " + note);
    }
    return lines;
  }

 private:
  std::map<std::string, Count> counts_;
};

}  // namespace multipole
