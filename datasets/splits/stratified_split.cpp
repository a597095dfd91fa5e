#include "datasets/splits/stratified_split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/sample_random.h"

namespace multipole {

namespace {

std::map<int64_t, std::vector<size_t>> samples_of_classes(const std::vector<int64_t>& labels) {
  std::map<int64_t, std::vector<size_t>> classes;
  for (size_t i = 0; i < labels.size(); ++i) classes[labels[i]].push_back(i);
  return classes;
}

// A partial Fisher-Yates shuffle: the first `count` become the start of a random order.
void shuffle_start(std::vector<size_t>& samples, int64_t count, int64_t label, uint64_t seed) {
  SampleRandom random(seed, 0, static_cast<uint64_t>(label), RandomStream::kSplit);
  const auto size = static_cast<int64_t>(samples.size());
  for (int64_t i = 0; i < count; ++i) std::swap(samples[i], samples[i + random.below(size - i)]);
}

}  // namespace

std::vector<bool> held_out_part(const std::vector<int64_t>& labels, double fraction, uint64_t seed) {
  std::vector<bool> held_out(labels.size(), false);
  for (auto& [label, samples] : samples_of_classes(labels)) {
    const auto size = static_cast<int64_t>(samples.size());
    if (size < 2) continue;
    const int64_t count = std::clamp<int64_t>(std::llround(fraction * static_cast<double>(size)), 1, size - 1);
    shuffle_start(samples, count, label, seed);
    for (int64_t i = 0; i < count; ++i) held_out[samples[i]] = true;
  }
  return held_out;
}

std::vector<int64_t> stratified_folds(const std::vector<int64_t>& labels, int64_t num_folds, uint64_t seed) {
  std::vector<int64_t> folds(labels.size(), 0);
  int64_t next = 0;
  for (auto& [label, samples] : samples_of_classes(labels)) {
    shuffle_start(samples, static_cast<int64_t>(samples.size()), label, seed);
    for (const size_t sample : samples) folds[sample] = next++ % num_folds;
  }
  return folds;
}

}  // namespace multipole
