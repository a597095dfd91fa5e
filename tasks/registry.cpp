#include "tasks/registry.h"

#include "tasks/classification/task/classification_task.h"
#include "tasks/distillation/task/distillation_task.h"
#include "tasks/segmentation/task/segmentation_task.h"
#include "tasks/sequence/task/language_task.h"

namespace multipole {

// A new task is one line here.
Registry<std::shared_ptr<const Task>>& task_registry() {
  static Registry<std::shared_ptr<const Task>> registry("task", {
                                                                    {"classify", classification_task()},
                                                                    {"segment", segmentation_task()},
                                                                    {"sequence", language_task()},
                                                                    {"distill", distillation_task()},
                                                                });
  return registry;
}

}  // namespace multipole
