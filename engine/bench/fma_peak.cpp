#include "engine/bench/fma_peak.h"

#include <ATen/Parallel.h>

#include <cstdint>
#include <vector>

#include "engine/bench/timing.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace multipole {
namespace {

// Independent sums a round: enough to fill two units of latency 4 or 5, few enough for 16 registers.
constexpr int kSums = 12;

// Named sums, for an array would not stay in registers. The empty assembly makes the compiler believe that each round
// changes them, so that no round is left out. `constraint` is the assembly's letter for a vector register.
#define MULTIPOLE_SUM_LOOP(Vector, constraint, zero, next)                                                             \
  Vector s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero, s8 = zero, s9 = zero, \
         s10 = zero, s11 = zero;                                                                                       \
  for (int64_t i = 0; i < rounds; ++i) {                                                                               \
    s0 = next(s0), s1 = next(s1), s2 = next(s2), s3 = next(s3), s4 = next(s4), s5 = next(s5);                          \
    s6 = next(s6), s7 = next(s7), s8 = next(s8), s9 = next(s9), s10 = next(s10), s11 = next(s11);                      \
    asm volatile(""                                                                                                    \
                 : "+" constraint(s0), "+" constraint(s1), "+" constraint(s2), "+" constraint(s3), "+" constraint(s4), \
                   "+" constraint(s5), "+" constraint(s6), "+" constraint(s7), "+" constraint(s8), "+" constraint(s9), \
                   "+" constraint(s10), "+" constraint(s11));                                                          \
  }

struct Loop {
  const char* instructions;
  bool runnable;
  double flops_a_round;
  void (*run)(int64_t rounds);
};

#ifdef __x86_64__
__attribute__((target("avx512f"))) void run_avx512(int64_t rounds) {
  const __m512 half = _mm512_set1_ps(0.5F);
#define MULTIPOLE_NEXT(sum) _mm512_fmadd_ps(sum, half, half)
  MULTIPOLE_SUM_LOOP(__m512, "v", _mm512_setzero_ps(), MULTIPOLE_NEXT)
#undef MULTIPOLE_NEXT
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) void run_avx512_bf16(int64_t rounds) {
  const auto halves = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3f003f00));  // pairs of 0.5
#define MULTIPOLE_NEXT(sum) _mm512_dpbf16_ps(sum, halves, halves)
  MULTIPOLE_SUM_LOOP(__m512, "v", _mm512_setzero_ps(), MULTIPOLE_NEXT)
#undef MULTIPOLE_NEXT
}

__attribute__((target("avx2,fma"))) void run_avx2(int64_t rounds) {
  const __m256 half = _mm256_set1_ps(0.5F);
#define MULTIPOLE_NEXT(sum) _mm256_fmadd_ps(sum, half, half)
  MULTIPOLE_SUM_LOOP(__m256, "x", _mm256_setzero_ps(), MULTIPOLE_NEXT)
#undef MULTIPOLE_NEXT
}
#endif

using Vector4 __attribute__((vector_size(16))) = float;

#ifdef __x86_64__
#define MULTIPOLE_VECTOR_REGISTER "x"
#else
#define MULTIPOLE_VECTOR_REGISTER "w"
#endif

void run_generic(int64_t rounds) {
  const Vector4 half = {0.5F, 0.5F, 0.5F, 0.5F};
#define MULTIPOLE_NEXT(sum) (sum * half + half)
  MULTIPOLE_SUM_LOOP(Vector4, MULTIPOLE_VECTOR_REGISTER, Vector4{}, MULTIPOLE_NEXT)
#undef MULTIPOLE_NEXT
}

std::vector<Loop> loops(c10::ScalarType dtype) {
  std::vector<Loop> all = {{"128-bit vectors", true, 2.0 * 4 * kSums, run_generic}};
#ifdef __x86_64__
  all.push_back({"AVX2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), 2.0 * 8 * kSums, run_avx2});
  all.push_back({"AVX-512", __builtin_cpu_supports("avx512f") != 0, 2.0 * 16 * kSums, run_avx512});
  if (dtype == c10::ScalarType::BFloat16) {
    const bool has_dots = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw");
    all.push_back({"AVX-512-BF16", has_dots, 2.0 * 32 * kSums, run_avx512_bf16});
  }
#endif
  return all;
}

double gflops(const Loop& loop) {
  constexpr int64_t kRounds = 2'000'000;
  const int64_t threads = at::get_num_threads();
  const auto on_all_threads = [&] {
    at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) { loop.run(kRounds * (end - begin)); });
  };
  const Timing timing = time_calls(on_all_threads, {.seconds = 0.5, .min_runs = 5});
  return loop.flops_a_round * kRounds * static_cast<double>(threads) / timing.minimum / 1e9;
}

}  // namespace

FmaPeak measure_fma_peak(c10::ScalarType dtype) {
  FmaPeak peak;
  for (const Loop& loop : loops(dtype)) {
    if (!loop.runnable) continue;
    const double rate = gflops(loop);
    if (rate > peak.gflops) peak = {rate, loop.instructions};
  }
  return peak;
}

}  // namespace multipole
