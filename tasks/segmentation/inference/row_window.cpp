#include "tasks/segmentation/inference/row_window.h"

#include <algorithm>

namespace multipole {

void RowWindow::move_to(int64_t begin, int64_t end) {
  TORCH_CHECK(begin >= first_ && end >= end_ && begin < end && begin <= end_, "rows ", begin, " to ", end, " after ",
              first_, " to ", end_);
  if (end == end_) return;
  const torch::Tensor more = picture_.read(end - end_);
  rows_ = begin == end_ ? more : torch::cat({rows_.slice(0, begin - first_), more});
  first_ = begin;
  end_ = end;
}

}  // namespace multipole
