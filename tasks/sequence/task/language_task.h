// Predicting the bytes of a text, as a task.
#pragma once

#include <memory>

#include "tasks/interface/task.h"

namespace multipole {

std::shared_ptr<const Task> language_task();

}  // namespace multipole
