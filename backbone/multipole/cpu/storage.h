// How the kernels see a tensor: a base pointer, an element type and strides. Plain data without torch, because the
// kernels are compiled once for each instruction set and must not carry inline code of other libraries.
#pragma once

#include <cstdint>

namespace multipole::cpu {

enum class Storage : int32_t { float32, bfloat16 };

// A (B, H, W, heads, head_dim) tensor; strides in elements, head_dim contiguous.
struct TokenView {
  void* data;
  int64_t batch, row, column, head;

  int64_t element(int64_t b, int64_t y, int64_t x, int64_t h) const {
    return b * batch + y * row + x * column + h * head;
  }
};

// A (B, Hl, Wl, p, heads, head_dim) tensor of summaries.
struct SummaryView {
  void* data;
  int64_t batch, row, column, summary, head;

  int64_t element(int64_t b, int64_t y, int64_t x, int64_t j, int64_t h) const {
    return b * batch + y * row + x * column + j * summary + h * head;
  }
};

// More levels than any grid that fits in memory has.
constexpr int kMaxLevels = 24;

// A score of a key that must not count: 2^-1e30 is nothing, and unlike -inf it can be subtracted from itself.
constexpr float kMaskedScore = -1e30f;

// Whether such a score, or the logarithm of a mass, is there to mask its key. Not so NaN.
constexpr bool is_masked(float score) { return score < kMaskedScore / 2; }

constexpr float kLog2E = 1.4426950408889634f;
constexpr float kLn2 = 0.6931471805599453f;

}  // namespace multipole::cpu
