// Runs the tasks of a fused operator on all threads.
#pragma once

#include <cstdint>
#include <functional>

#include "backbone/multipole/cpu/workspace.h"

namespace multipole::cpu {

// Calls run(task, workspace) for every task 0 .. count - 1; each thread allocates its workspace once.
void run_tasks(int64_t count, const WorkspaceSizes& sizes,
               const std::function<void(int64_t task, const Workspace& workspace)>& run);

}  // namespace multipole::cpu
