// The processor's own limit: a loop of multiply-adds that touches registers only.
#pragma once

#include <c10/core/ScalarType.h>

#include <string>

namespace multipole {

struct FmaPeak {
  double gflops = 0;         // 2 a multiply-add, over all of torch's threads
  std::string instructions;  // the widest set that the loop was measured with: "AVX-512", "AVX-512-BF16", ...
};

// Runs the loop of every instruction set that this processor has for `dtype` on torch's threads and returns the fastest
// of several runs. dtype: float32, or bfloat16 (dot products added up in float32; where the processor has none, the
// float32 loop).
FmaPeak measure_fma_peak(c10::ScalarType dtype);

}  // namespace multipole
