// Naming every pixel of a picture, as a task.
#pragma once

#include <memory>

#include "tasks/interface/task.h"

namespace multipole {

std::shared_ptr<const Task> segmentation_task();

}  // namespace multipole
