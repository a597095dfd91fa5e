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

// Enough independent sums to fill two units of latency 4 and 5, few enough for 16 registers.
constexpr int kSums = 12;

// The sums stay in registers: the empty assembly makes the compiler believe that each round changes them.
#define MULTIPOLE_KEEP_IN_REGISTERS(sum) asm volatile("" : "+v"(sum))

struct Loop {
  const char* instructions;
  bool runnable;
  double flops_a_round;
  void (*run)(int64_t rounds);
};

#ifdef __x86_64__
__attribute__((target("avx512f"))) void run_avx512(int64_t rounds) {
  __m512 sums[kSums], factor = _mm512_set1_ps(0.5F);
  for (auto& sum : sums) sum = _mm512_set1_ps(1);
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int j = 0; j < kSums; ++j) {
      sums[j] = _mm512_fmadd_ps(sums[j], factor, factor);
      MULTIPOLE_KEEP_IN_REGISTERS(sums[j]);
    }
  }
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) void run_avx512_bf16(int64_t rounds) {
  const auto pairs = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3f003f00));  // pairs of 0.5
  __m512 sums[kSums];
  for (auto& sum : sums) sum = _mm512_setzero_ps();
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int j = 0; j < kSums; ++j) {
      sums[j] = _mm512_dpbf16_ps(sums[j], pairs, pairs);
      MULTIPOLE_KEEP_IN_REGISTERS(sums[j]);
    }
  }
}

__attribute__((target("avx2,fma"))) void run_avx2(int64_t rounds) {
  __m256 sums[kSums], factor = _mm256_set1_ps(0.5F);
  for (auto& sum : sums) sum = _mm256_set1_ps(1);
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int j = 0; j < kSums; ++j) {
      sums[j] = _mm256_fmadd_ps(sums[j], factor, factor);
      asm volatile("" : "+x"(sums[j]));
    }
  }
}
#endif

using Vector4 __attribute__((vector_size(16))) = float;

void run_generic(int64_t rounds) {
  Vector4 sums[kSums] = {};
  const Vector4 factor = {0.5F, 0.5F, 0.5F, 0.5F};
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int j = 0; j < kSums; ++j) {
      sums[j] = sums[j] * factor + factor;
#ifdef __x86_64__
      asm volatile("" : "+x"(sums[j]));
#else
      asm volatile("" : "+w"(sums[j]));
#endif
    }
  }
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
