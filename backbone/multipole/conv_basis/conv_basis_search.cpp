#include "backbone/multipole/conv_basis/conv_basis_search.h"

#include <ATen/ATen.h>

namespace multipole {
namespace {

// Tells whether a column is the start's column moved down the diagonal.
class ColumnProbe {
 public:
  ColumnProbe(const at::Tensor& q, const at::Tensor& k, double tolerance) : q_(q), k_(k), tolerance_(tolerance) {}

  void start_at(int64_t column) { current_ = score_column(q_, k_, column); }

  bool differs(int64_t column) const {
    const at::Tensor scores = score_column(q_, k_, column);
    // NaN is like nothing else
    return !((scores - current_.narrow(0, 0, scores.size(0))).abs().max().item<double>() <= tolerance_);
  }

 private:
  const at::Tensor& q_;
  const at::Tensor& k_;
  double tolerance_;
  at::Tensor current_;
};

int64_t first_by_scan(const ColumnProbe& probe, int64_t begin, int64_t end) {
  while (begin < end && !probe.differs(begin)) ++begin;
  return begin;
}

int64_t first_by_bisection(const ColumnProbe& probe, int64_t begin, int64_t end) {
  while (begin < end) {
    const int64_t middle = begin + (end - begin) / 2;
    if (probe.differs(middle)) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  return begin;
}

}  // namespace

at::Tensor score_column(const at::Tensor& q, const at::Tensor& k, int64_t j) {
  return at::mv(q.slice(0, j), k.select(0, j));
}

std::vector<int64_t> find_basis_starts(const at::Tensor& q, const at::Tensor& k, double tolerance, int64_t max_basis) {
  const int64_t tokens = q.size(0);
  // a column without numbers may stand alone, where bisection would not look
  const bool scans = tolerance == 0 || !(q.isfinite().all() & k.isfinite().all()).item<bool>();
  ColumnProbe probe(q, k, tolerance);
  std::vector<int64_t> starts;
  for (int64_t next = 0; next < tokens;) {
    starts.push_back(next);
    if (max_basis > 0 && static_cast<int64_t>(starts.size()) == max_basis) break;
    probe.start_at(next);
    next = scans ? first_by_scan(probe, next + 1, tokens) : first_by_bisection(probe, next + 1, tokens);
  }
  return starts;
}

}  // namespace multipole
