// Which bands of a raster a model is shown, and how their numbers become bytes. It travels in the model file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace multipole {

struct BandScaling {
  std::vector<int64_t> chosen;    // from 1, in this order; none: pictures are RGB by the rules of image_decode.h
  int64_t count = 0;              // bands that a file has, alpha left out; 0: any number that holds the chosen ones
  std::string type;               // of their numbers (datasets/rasters/sample_type.h); empty: any
  std::vector<double> low, high;  // by chosen band: what becomes 0 and 255; empty: the whole range of the type
  std::vector<int64_t> fill;      // by chosen band: the byte that pixels without data become; empty: 0

  bool any() const { return !chosen.empty(); }
  bool is_measured() const { return any() && low.size() == chosen.size(); }
  // Of the pictures that come of it.
  int64_t channels() const { return any() ? static_cast<int64_t>(chosen.size()) : 3; }

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("chosen", self.chosen, "bands of a raster in the order of the model's channels, from 1; none: RGB pictures");
    field("count", self.count, "bands that a raster has, alpha left out; 0: any number");
    field("type", self.type, "type of their numbers, such as uint16");
    field("low", self.low, "number of each chosen band that becomes 0");
    field("high", self.high, "number of each chosen band that becomes 255");
    field("fill", self.fill, "byte that pixels without data become in each chosen band");
  }
  void validate(const std::string& where) const;

  static constexpr size_t kMost = 512;  // OpenCV's limit on the channels of a picture
};

}  // namespace multipole
