#include "backbone/multipole/cpu/task_runner.h"

#include <ATen/Parallel.h>

namespace multipole::cpu {

void run_tasks(int64_t count, const WorkspaceSizes& sizes, const std::function<void(int64_t, const Workspace&)>& run) {
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    const WorkspaceMemory memory(sizes);
    for (int64_t task = begin; task < end; ++task) run(task, memory.get());
  });
}

}  // namespace multipole::cpu
