#include "engine/runtime/thread_count.h"

#include <ATen/Parallel.h>
#include <omp.h>

#include <algorithm>
#include <cstdlib>

#include "engine/runtime/processors.h"

namespace multipole {

ThreadCount::ThreadCount(int threads) {
  if (threads <= 0) return;
  before_ = at::get_num_threads();  // makes torch's own first setting for this thread, which would undo the next line
  omp_set_num_threads(threads);
}

ThreadCount::~ThreadCount() {
  if (before_ > 0) omp_set_num_threads(before_);
}

int set_program_threads(int threads) {
  const int chosen = at::get_num_threads();
  if (threads <= 0 && std::getenv("OMP_NUM_THREADS") == nullptr) threads = std::min(chosen, allowed_processors());
  if (threads > 0 && threads != chosen) at::set_num_threads(threads);
  return threads > 0 ? threads : chosen;
}

}  // namespace multipole
