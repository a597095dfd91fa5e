// A task that only tests know: how bright a picture is, a number learned by a head of its own. It shows what a task
// costs: these files, a line in a registry for the task and one for its head.
#pragma once

#include <memory>

#include "heads/model/registry.h"
#include "tasks/interface/task.h"

namespace multipole::test {

// {"type": "brightness"}
HeadEntry brightness_head();

// Its data are drawn: `data` is not looked at.
std::shared_ptr<const Task> brightness_task();

}  // namespace multipole::test
