// A picture in memory of which not all pixels hold data.
#pragma once

#include <torch/types.h>
#include <torch/utils.h>

#include <string>
#include <utility>
#include <vector>

#include "datasets/pictures/picture_rows.h"

namespace multipole::test {

class MaskedRows : public PictureRows {
 public:
  // pixels (H, W, 3) uint8, validity (H, W) bool
  MaskedRows(torch::Tensor pixels, torch::Tensor validity)
      : pixels_(std::move(pixels)), validity_(std::move(validity)) {}

  int64_t height() const override { return pixels_.size(0); }
  int64_t width() const override { return pixels_.size(1); }
  torch::Tensor read(int64_t count) override {
    last_ = validity_.slice(0, next_, next_ + count);
    next_ += count;
    return pixels_.slice(0, next_ - count, next_);
  }
  // As readers do: nothing where all of the rows are valid.
  torch::Tensor read_validity() override { return last_.all().item<bool>() ? torch::Tensor() : last_; }
  std::vector<std::string> notes() const override { return {}; }

 private:
  torch::Tensor pixels_, validity_, last_;
  int64_t next_ = 0;
};

}  // namespace multipole::test
