// How many processors this process may use: more threads than those wait for each other.
#pragma once

#include <filesystem>

namespace multipole {

// Where the system tells of control groups.
struct ControlGroupFiles {
  std::filesystem::path membership = "/proc/self/cgroup";
  std::filesystem::path mount = "/sys/fs/cgroup";
};

// Processors that the control groups' quota of time is worth, begun ones counted whole: of version 2 (cpu.max) and of
// version 1 (cpu.cfs_quota_us), the least of the group's own and of those that it is in. 0 where there is none.
int quota_processors(const ControlGroupFiles& files = {});

// The least of that and of the processors that the process may run on (sched_getaffinity); at least 1.
int allowed_processors(const ControlGroupFiles& files = {});

}  // namespace multipole
