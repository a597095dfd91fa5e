// The 32 lanes of a warp and the little that they do together. The kernels are written against these functions alone,
// so the same source runs on a GPU and, lane by lane, on the host: there `host_warp` is provided by the warp simulator
// of the tests (tests/support/warp_simulator.h).
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __CUDACC__
#define MULTIPOLE_DEVICE __device__ __forceinline__
#define MULTIPOLE_UNROLL _Pragma("unroll")
#define MULTIPOLE_NO_UNROLL _Pragma("unroll 1")
#else
#define MULTIPOLE_DEVICE inline
#define MULTIPOLE_UNROLL
#define MULTIPOLE_NO_UNROLL
#endif

namespace multipole::cuda {

constexpr int kWarpLanes = 32;

#ifdef __CUDACC__

MULTIPOLE_DEVICE int lane_index() { return static_cast<int>(threadIdx.x) % kWarpLanes; }
MULTIPOLE_DEVICE void warp_barrier() { __syncwarp(); }
template <class Value>
MULTIPOLE_DEVICE Value shuffle(Value value, int source) {
  return __shfl_sync(0xffffffffu, value, source);
}
MULTIPOLE_DEVICE float power_of_two(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

#else

namespace host_warp {
// The lane that runs now, 0 to 31.
int lane();
// Waits until every lane has come here; returns the 32 values of `size` bytes that they brought, valid until the lane's
// next exchange.
const char* exchange(const void* value, std::size_t size);
}  // namespace host_warp

MULTIPOLE_DEVICE int lane_index() { return host_warp::lane(); }
MULTIPOLE_DEVICE void warp_barrier() {
  const char none = 0;
  host_warp::exchange(&none, 1);
}
template <class Value>
MULTIPOLE_DEVICE Value shuffle(Value value, int source) {
  Value result;
  std::memcpy(&result, host_warp::exchange(&value, sizeof(Value)) + static_cast<std::size_t>(source) * sizeof(Value),
              sizeof(Value));
  return result;
}
MULTIPOLE_DEVICE float power_of_two(float x) { return __builtin_exp2f(x); }

#endif

// Lanes 4 g to 4 g + 3 form a quad; tensor core fragments give quad g the matrix rows g and g + 8.
MULTIPOLE_DEVICE int quad_index() { return lane_index() / 4; }
MULTIPOLE_DEVICE int index_in_quad() { return lane_index() % 4; }

MULTIPOLE_DEVICE float quad_sum(float value) {
  value += shuffle(value, lane_index() ^ 1);
  return value + shuffle(value, lane_index() ^ 2);
}
MULTIPOLE_DEVICE float larger_of(float a, float b) { return a > b ? a : b; }
MULTIPOLE_DEVICE float quad_max(float value) {
  value = larger_of(value, shuffle(value, lane_index() ^ 1));
  return larger_of(value, shuffle(value, lane_index() ^ 2));
}

}  // namespace multipole::cuda
