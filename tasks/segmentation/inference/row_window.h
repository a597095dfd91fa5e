// The rows of a picture that tiles at one height need, read as they come into view.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "datasets/pictures/picture_rows.h"

namespace multipole {

class RowWindow {
 public:
  // Keeps a reference to `picture`, from which nothing may have been read.
  explicit RowWindow(PictureRows& picture) : picture_(picture) {}

  // Moves to rows [begin, end); neither may go back.
  void move_to(int64_t begin, int64_t end);

  // Rows [begin, end) of the window, (end - begin, W, 3) uint8; a view.
  torch::Tensor rows(int64_t begin, int64_t end) const { return rows_.slice(0, begin - first_, end - first_); }

  // Which of their pixels hold data, (end - begin, W) bool, a view; undefined where all do.
  torch::Tensor validity(int64_t begin, int64_t end) const;

 private:
  PictureRows& picture_;
  torch::Tensor rows_;
  torch::Tensor validity_;  // of rows_; undefined while all that was read since is valid
  int64_t first_ = 0, end_ = 0;
};

}  // namespace multipole
