#include "engine/bench/matrix_rate.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include "engine/bench/timing.h"

namespace multipole {

double measure_matrix_rate(c10::ScalarType dtype) {
  constexpr int64_t kSide = 2048;
  const at::Tensor a = at::randn({kSide, kSide}, dtype), b = at::randn({kSide, kSide}, dtype);
  at::Tensor out = at::empty({kSide, kSide}, a.options());
  const Timing timing = time_calls([&] { at::mm_out(out, a, b); }, {.seconds = 1, .min_runs = 5});
  return 2.0 * kSide * kSide * kSide / timing.minimum / 1e9;
}

}  // namespace multipole
