#include "tasks/classification/classify_data.h"
#include "tasks/classification/training/classify_training.h"
#include "tasks/study/study_task_of.h"

namespace multipole {

const StudyTask& classify_study_task() {
  static const StudyTaskOf<ClassifyConfig, resolve_classify_config, open_classify_data, train_classifier> task("Top-1");
  return task;
}

}  // namespace multipole
