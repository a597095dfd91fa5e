// Runs a fuzz target over its seeds, every truncation of them, and a fixed sequence of random mutations: the same
// inputs on every machine, so that an ordinary test run keeps what the fuzzer once found out.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "tests/fuzz/fuzz_target.h"

namespace multipole::fuzz {

namespace {

constexpr int kMutations = 100'000;

using Random = std::mt19937_64;

size_t below(Random& random, size_t bound) { return static_cast<size_t>(random() % bound); }

// Flips a bit, sets a byte to an extreme, removes or repeats a stretch, or changes a digit.
void mutate(std::string& bytes, Random& random) {
  if (bytes.empty()) bytes.push_back(static_cast<char>(random()));
  const size_t at = below(random, bytes.size());
  const size_t length = 1 + below(random, std::min<size_t>(bytes.size() - at, 16));
  switch (below(random, 5)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(random, 8)));
      break;
    case 1:
      bytes[at] = static_cast<char>(std::array{0x00, 0x7f, 0x80, 0xff}[below(random, 4)]);
      break;
    case 2:
      bytes.erase(at, length);
      break;
    case 3:
      bytes.insert(at, bytes.substr(at, length));
      break;
    default:
      bytes[at] = static_cast<char>('0' + below(random, 10));
  }
}

void run(const std::string& bytes) {
  // a heap copy of exactly this size, so that a sanitizer sees the first byte behind it
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

}  // namespace
}  // namespace multipole::fuzz

// With a folder as argument: writes the seeds there instead, for libFuzzer to start from.
int main(int argc, char** argv) {
  using namespace multipole::fuzz;
  const auto starts = seeds();
  if (argc == 2) {
    for (size_t i = 0; i < starts.size(); ++i)
      std::ofstream(std::filesystem::path(argv[1]) / std::to_string(i)) << starts[i];
    return 0;
  }
  for (const auto& seed : starts) {
    for (size_t size = 0; size <= seed.size(); ++size) run(seed.substr(0, size));
  }
  Random random(1);
  for (int i = 0; i < kMutations; ++i) {
    std::string bytes = starts[below(random, starts.size())];
    for (size_t count = 1 + below(random, 4); count > 0; --count) mutate(bytes, random);
    run(bytes);
  }
  std::printf("%d mutations of %zu seeds\n", kMutations, starts.size());
}
