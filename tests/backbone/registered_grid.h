// The tests' own family beside those of the registry, once a program.
#pragma once

#include <algorithm>

#include "backbone/registry.h"
#include "tests/support/grid_family.h"

namespace multipole::test {

inline void register_grid_family() {
  const auto names = backbone_families().names();
  if (std::ranges::find(names, "grid") == names.end()) backbone_families().add("grid", grid_family());
}

}  // namespace multipole::test
