#include "engine/runtime/processors.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>

namespace multipole {
namespace {

using Path = std::filesystem::path;

// What a group may take of a period; 0 where it has no quota: "max", -1, no such file.
int processors_of(double quota, double period) {
  return quota > 0 && period > 0 ? std::max(1, static_cast<int>(std::ceil(quota / period))) : 0;
}

int quota_in_second_version(const Path& group) {
  std::ifstream file(group / "cpu.max");
  double quota = 0, period = 0;
  return file >> quota >> period ? processors_of(quota, period) : 0;
}

int quota_in_first_version(const Path& group) {
  std::ifstream quota_file(group / "cpu.cfs_quota_us"), period_file(group / "cpu.cfs_period_us");
  double quota = 0, period = 0;
  return quota_file >> quota && period_file >> period ? processors_of(quota, period) : 0;
}

int least(int a, int b) { return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b); }

// Of the group and all those above it. Within a container the group's path may be the host's, which is not to be seen:
// then what is mounted is the container's own.
template <class Quota>
int least_above(const Path& mount, const Path& group, const Quota& quota) {
  int found = quota(mount);
  Path below = mount;
  for (const auto& part : group.relative_path()) found = least(found, quota(below /= part));
  return found;
}

bool names(const std::string& controllers, const std::string& name) {
  return ("," + controllers + ",").find("," + name + ",") != std::string::npos;
}

}  // namespace

int quota_processors(const ControlGroupFiles& files) {
  int found = 0;
  std::ifstream membership(files.membership);
  // hierarchy:controllers:path, without controllers for version 2
  for (std::string line; std::getline(membership, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const Path group = line.substr(second + 1);
    if (controllers.empty()) {
      for (const auto& mount : {files.mount, files.mount / "unified"}) {
        found = least(found, least_above(mount, group, quota_in_second_version));
      }
    } else if (names(controllers, "cpu")) {
      for (const auto& mount : {files.mount / controllers, files.mount / "cpu"}) {
        found = least(found, least_above(mount, group, quota_in_first_version));
      }
    }
  }
  return found;
}

int allowed_processors(const ControlGroupFiles& files) {
  int allowed = static_cast<int>(std::thread::hardware_concurrency());
  cpu_set_t set;  // holds 1024; where there are more the call fails, and what it would say is not known
  if (::sched_getaffinity(0, sizeof set, &set) == 0) allowed = CPU_COUNT(&set);
  return std::max(1, least(allowed, quota_processors(files)));
}

}  // namespace multipole
