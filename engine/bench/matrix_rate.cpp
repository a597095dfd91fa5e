#include "engine/bench/matrix_rate.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include "engine/bench/device_wait.h"
#include "engine/bench/timing.h"

namespace multipole {

double measure_matrix_rate(const c10::TensorOptions& options) {
  const int64_t side = options.device().is_cpu() ? 2048 : 8192;
  const at::Tensor a = at::randn({side, side}, options), b = at::randn({side, side}, options);
  at::Tensor out = at::empty({side, side}, a.options());
  const auto multiply = [&] {
    at::mm_out(out, a, b);
    wait_for(options.device());
  };
  const Timing timing = time_calls(multiply, {.seconds = 1, .min_runs = 5});
  const auto length = static_cast<double>(side);
  return 2 * length * length * length / timing.minimum / 1e9;
}

}  // namespace multipole
