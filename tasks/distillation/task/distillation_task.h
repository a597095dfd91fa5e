// Learning another model's features as a task of the registry.
#pragma once

#include <memory>

#include "tasks/interface/task.h"

namespace multipole {

std::shared_ptr<const Task> distillation_task();

}  // namespace multipole
