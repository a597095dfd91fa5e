// The tasks by name, as the command and the configs of studies have it.
#pragma once

#include <memory>

#include "base/registry.h"
#include "tasks/interface/task.h"

namespace multipole {

Registry<std::shared_ptr<const Task>>& task_registry();

}  // namespace multipole
