#include "engine/runtime/thread_count.h"

#include <ATen/Parallel.h>
#include <omp.h>

namespace multipole {

ThreadCount::ThreadCount(int threads) {
  if (threads <= 0) return;
  before_ = at::get_num_threads();  // makes torch's own first setting for this thread, which would undo the next line
  omp_set_num_threads(threads);
}

ThreadCount::~ThreadCount() {
  if (before_ > 0) omp_set_num_threads(before_);
}

}  // namespace multipole
