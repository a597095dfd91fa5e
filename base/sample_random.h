// Random numbers keyed by (seed, epoch, index): a sample's augmentation is a function of its place in the training and
// not of the thread that happened to load it. Own distributions, since the standard library's differ between vendors.
#pragma once

#include <cstdint>

namespace multipole {

// Which of several independent sequences of the same (seed, epoch, index) is meant.
enum class RandomStream : uint64_t {
  kAugment = 1,
  kShuffle = 2,
  kMix = 3,
  kSplit = 4,
  kDraw = 5,
  kStep = 6,
  kWindow = 7
};

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) over a counter, from a start that hashes the key.
class SampleRandom {
 public:
  SampleRandom(uint64_t seed, uint64_t epoch, uint64_t index, RandomStream stream = RandomStream::kAugment)
      : state_(mix(mix(mix(mix(seed) ^ epoch) ^ index) ^ static_cast<uint64_t>(stream))) {}

  uint64_t next() { return mix(state_ += kStep); }
  // [0, 1)
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // [low, high)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // 0 .. count - 1; the bias of at most count / 2^53 is far below anything that training could notice
  int64_t below(int64_t count) { return static_cast<int64_t>(uniform() * static_cast<double>(count)); }
  // Always draws, so that a probability of 0 or 1 leaves the later numbers where they were.
  bool chance(double probability) { return uniform() < probability; }
  double normal();
  // Beta(alpha, alpha), alpha > 0.
  double symmetric_beta(double alpha);

 private:
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
  static constexpr uint64_t mix(uint64_t x) {
    x += kStep;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  double log_gamma_sample(double shape);

  uint64_t state_;
};

}  // namespace multipole
