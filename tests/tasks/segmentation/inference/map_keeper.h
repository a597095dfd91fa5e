// A sink that puts a map together in memory and checks that its bands follow one another.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tasks/segmentation/inference/map_sink.h"

namespace multipole::test {

class MapKeeper : public MapSink {
 public:
  MapKeeper(int64_t height, int64_t width)
      : pixels_(torch::zeros({height, width, 3}, torch::kUInt8)),
        classes_(torch::full({height, width}, 255, torch::kUInt8)),
        probability_(classes_.clone()),
        uncertainty_(classes_.clone()) {}

  void begin(int64_t height, int64_t width) override {
    EXPECT_EQ(height, classes_.size(0));
    EXPECT_EQ(width, classes_.size(1));
    next_row_ = 0;
  }

  void write(const MapBand& band) override {
    EXPECT_EQ(band.first_row, next_row_);
    const int64_t rows = band.classes.size(0);
    next_row_ += rows;
    pixels_.narrow(0, band.first_row, rows).copy_(band.pixels);
    classes_.narrow(0, band.first_row, rows).copy_(band.classes);
    if (band.probability.defined()) probability_.narrow(0, band.first_row, rows).copy_(band.probability);
    if (band.uncertainty.defined()) uncertainty_.narrow(0, band.first_row, rows).copy_(band.uncertainty);
  }

  bool is_complete() const { return next_row_ == classes_.size(0); }
  const torch::Tensor& pixels() const { return pixels_; }
  const torch::Tensor& classes() const { return classes_; }
  const torch::Tensor& probability() const { return probability_; }
  const torch::Tensor& uncertainty() const { return uncertainty_; }

 private:
  torch::Tensor pixels_, classes_, probability_, uncertainty_;
  int64_t next_row_ = 0;
};

}  // namespace multipole::test
