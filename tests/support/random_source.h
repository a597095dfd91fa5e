// Random numbers for tests: seeded once a program, the seed printed so that a failure can be run again.
#pragma once

#include <cstdint>
#include <random>

namespace multipole::test {

// The program's seed: MULTIPOLE_TEST_SEED, or the clock.
uint64_t test_seed();

// The generator that all random shapes of a test program come from.
std::mt19937_64& random_source();

// Uniform in [low, high].
int64_t random_int(int64_t low, int64_t high);

}  // namespace multipole::test
