#include "tasks/segmentation/segment_data.h"
#include "tasks/segmentation/training/segment_training.h"
#include "tasks/study/study_task_of.h"

namespace multipole {

const StudyTask& segment_study_task() {
  static const StudyTaskOf<SegmentConfig, resolve_segment_config, open_segment_data, train_segmenter> task("mIoU");
  return task;
}

}  // namespace multipole
