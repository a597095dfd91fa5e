// Which of several processes this one is, as torchrun and other launchers say it.
#pragma once

#include <cstdint>
#include <string>

namespace multipole {

struct ProcessPlace {
  int64_t process_rank = 0;  // 0 to num_processes - 1
  int64_t num_processes = 1;
  int64_t local_rank = 0;  // among the processes of this machine: the GPU to use
  std::string address;     // where the processes meet, with the port: process 0's machine
  int64_t port = 0;
  bool launcher_keeps_store = false;  // the launcher itself listens there (torchrun), and not process 0

  int64_t attempt = 0;  // how often the launcher started all of them again

  bool is_first() const { return process_rank == 0; }
};

// From RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT and, of torchrun, TORCHELASTIC_USE_AGENT_STORE and
// TORCHELASTIC_RESTART_COUNT; a lone process where WORLD_SIZE is unset or 1. Throws ConfigError, naming the variable,
// where one is missing or no number in range.
ProcessPlace process_place_from_environment();

}  // namespace multipole
