#include "engine/distributed/process_place.h"

#include <charconv>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "base/error.h"

namespace multipole {
namespace {

std::string_view variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// A number in [least, most]; `fallback` where the variable is unset.
int64_t number(const char* name, int64_t least, int64_t most, int64_t fallback) {
  const std::string_view text = variable(name);
  if (text.empty()) {
    if (fallback >= least) return fallback;
    throw ConfigError(std::string(name) +
                      " is not set, but WORLD_SIZE is: start the processes with a launcher such as "
                      "torchrun, which sets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT");
  }
  int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    throw ConfigError(std::string(name) + " must be a whole number from " + std::to_string(least) + " to " +
                      std::to_string(most) + ", got '" + std::string(text) + "'");
  }
  return value;
}

}  // namespace

ProcessPlace process_place_from_environment() {
  constexpr int64_t kMostProcesses = 65536, kUnset = -1;
  ProcessPlace place;
  place.num_processes = number("WORLD_SIZE", 1, kMostProcesses, 1);
  if (place.num_processes == 1) return place;
  place.process_rank = number("RANK", 0, place.num_processes - 1, kUnset);
  place.local_rank = number("LOCAL_RANK", 0, place.num_processes - 1, place.process_rank);
  place.port = number("MASTER_PORT", 1, 65535, kUnset);
  place.address = variable("MASTER_ADDR");
  place.attempt = number("TORCHELASTIC_RESTART_COUNT", 0, std::numeric_limits<int64_t>::max(), 0);
  place.launcher_keeps_store = variable("TORCHELASTIC_USE_AGENT_STORE") == "True";
  if (place.address.empty()) throw ConfigError("MASTER_ADDR is not set, but WORLD_SIZE is");
  return place;
}

}  // namespace multipole
