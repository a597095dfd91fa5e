// Naming what pictures show, one class or several, as a task.
#pragma once

#include <memory>

#include "tasks/interface/task.h"

namespace multipole {

std::shared_ptr<const Task> classification_task();

}  // namespace multipole
