#include "engine/study/study_task_of.h"
#include "engine/training/segment_data.h"
#include "engine/training/segment_training.h"

namespace multipole {

const StudyTask& segment_study_task() {
  static const StudyTaskOf<SegmentConfig, resolve_segment_config, open_segment_data, train_segmenter> task("mIoU");
  return task;
}

}  // namespace multipole
