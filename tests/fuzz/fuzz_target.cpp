#include "tests/fuzz/fuzz_target.h"

#include <cstdio>
#include <cstdlib>

namespace multipole::fuzz {

void fail(const char* promise) {
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace multipole::fuzz
