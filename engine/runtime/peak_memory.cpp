#include "engine/runtime/peak_memory.h"

#include <fstream>
#include <sstream>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace multipole {
namespace {

// The kernel writes "VmHWM:     1234 kB", in units of 1024 bytes.
std::optional<int64_t> kilobytes(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind(key + ":", 0) != 0) continue;
    int64_t value = 0;
    if (std::istringstream(line.substr(key.size() + 1)) >> value) return value * 1024;
  }
  return std::nullopt;
}

}  // namespace

PeakMemory::PeakMemory() {
#ifdef __GLIBC__
  // else work would be served from what earlier work has freed, and count as nothing
  malloc_trim(0);
#endif
  std::ofstream reset("/proc/self/clear_refs");
  reset << 5 << std::flush;  // sets the high-water mark to what is resident now
  if (reset) start_ = kilobytes("/proc/self/status", "VmHWM");
}

std::optional<int64_t> PeakMemory::extra_bytes() const {
  const auto peak = kilobytes("/proc/self/status", "VmHWM");
  if (!start_ || !peak) return std::nullopt;
  return *peak - *start_;
}

std::optional<int64_t> available_memory() { return kilobytes("/proc/meminfo", "MemAvailable"); }

}  // namespace multipole
