// Several processes that find each other on the loopback interface, as a launcher would start them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/random_source.h"

namespace multipole::test {

// One process for each command, ranked in their order.
inline std::vector<Process> launch(const std::vector<std::vector<std::string>>& commands,
                                   const std::vector<std::pair<std::string, std::string>>& environment = {}) {
  const std::string port = std::to_string(random_int(20000, 32000));
  std::vector<Process> processes;
  for (size_t rank = 0; rank < commands.size(); ++rank) {
    ProcessOptions options;
    options.environment = {{"RANK", std::to_string(rank)},
                           {"WORLD_SIZE", std::to_string(commands.size())},
                           {"LOCAL_RANK", std::to_string(rank)},
                           {"MASTER_ADDR", "127.0.0.1"},
                           {"MASTER_PORT", port},
                           {"GLOO_SOCKET_IFNAME", "lo"}};  // whatever the machine's name resolves to
    options.environment.insert(options.environment.end(), environment.begin(), environment.end());
    processes.emplace_back(commands[rank], options);
  }
  return processes;
}

inline std::vector<ProcessResult> wait_for(std::vector<Process>& processes) {
  std::vector<ProcessResult> results;
  for (auto& process : processes) results.push_back(process.wait());
  return results;
}

}  // namespace multipole::test
