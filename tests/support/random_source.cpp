#include "tests/support/random_source.h"

#include <chrono>
#include <cstdlib>
#include <mutex>

namespace multipole::test {

uint64_t test_seed() {
  static const uint64_t seed = [] {
    const char* text = std::getenv("MULTIPOLE_TEST_SEED");
    if (text != nullptr) return static_cast<uint64_t>(std::strtoull(text, nullptr, 10));
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    return static_cast<uint64_t>(now) % 1000000;
  }();
  return seed;
}

std::mt19937_64& random_source() {
  static std::mt19937_64 source(test_seed());
  return source;
}

int64_t random_int(int64_t low, int64_t high) {
  static std::mutex mutex;  // tests call it from the threads that they set off
  const std::lock_guard lock(mutex);
  return std::uniform_int_distribution<int64_t>(low, high)(random_source());
}

}  // namespace multipole::test
