#include "tasks/segmentation/inference/row_window.h"

#include <torch/utils.h>

#include <algorithm>

namespace multipole {

void RowWindow::move_to(int64_t begin, int64_t end) {
  TORCH_CHECK(begin >= first_ && end >= end_ && begin < end && begin <= end_, "rows ", begin, " to ", end, " after ",
              first_, " to ", end_);
  if (end == end_) return;
  const torch::Tensor more = picture_.read(end - end_), more_valid = picture_.read_validity();
  const auto or_all = [](const torch::Tensor& validity, const torch::Tensor& rows) {
    return validity.defined() ? validity : torch::ones({rows.size(0), rows.size(1)}, torch::kBool);
  };
  const bool keeps = begin < end_;
  const torch::Tensor kept = keeps ? rows_.slice(0, begin - first_) : torch::Tensor();
  const torch::Tensor kept_valid = keeps && validity_.defined() ? validity_.slice(0, begin - first_) : torch::Tensor();
  if (more_valid.defined() || kept_valid.defined()) {
    validity_ = keeps ? torch::cat({or_all(kept_valid, kept), or_all(more_valid, more)}) : more_valid;
  } else {
    validity_.reset();
  }
  rows_ = keeps ? torch::cat({kept, more}) : more;
  first_ = begin;
  end_ = end;
}

torch::Tensor RowWindow::validity(int64_t begin, int64_t end) const {
  if (!validity_.defined()) return validity_;
  const torch::Tensor part = validity_.slice(0, begin - first_, end - first_);
  return part.all().item<bool>() ? torch::Tensor() : part;
}

}  // namespace multipole
