#pragma once

#include <algorithm>
#include <filesystem>

namespace multipole::test {

// The newest training state of a run folder; their names sort by age.
inline std::filesystem::path newest_state(const std::filesystem::path& run) {
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(run / "last")) newest = std::max(newest, entry.path());
  return newest;
}

}  // namespace multipole::test
