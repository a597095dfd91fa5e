// Segments a list of pictures: several at once on a CPU, a thread each, and large ones by all threads. Whatever becomes
// of one of them, the others are done: its trouble is its line.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "apps/arguments/input_list.h"
#include "apps/arguments/signals.h"
#include "apps/output/progress_bar.h"
#include "apps/segment/file_segmenter.h"
#include "apps/segment/output_names.h"
#include "apps/segment/picture_failure.h"
#include "apps/segment/picture_outcome.h"
#include "apps/segment/result_log.h"
#include "engine/distributed/process_group.h"

namespace multipole {

class ListSegmenter {
 public:
  // Inputs with these fingerprints, which the group's processes share; `results` at the first process alone. Tells
  // standard error how far it is. Keeps references.
  ListSegmenter(const FileSegmenter& segmenter, std::vector<std::string> fingerprints, ResultLog* results,
                const ProcessGroup& group, const SignalStop& stop, bool quiet);

  // Does the inputs whose line `results` lacks. The exit code, of the first process: kExitSomeBad where pictures
  // failed, kExitResources where all did for want of memory, the signal's where one came. Throws what is no picture's
  // own: wrong options, a disk that is full.
  int run(const std::vector<NamedInput>& inputs, const std::vector<OutputNames>& names);

 private:
  // By several threads at once. Throws an error that is no picture's own.
  PictureOutcome segment(size_t index, const NamedInput& input, const OutputNames& names);
  void take(PictureOutcome outcome);
  void write(const PictureOutcome& outcome);
  // Hands what is waiting to the first process.
  void meet();
  // Those that this process does, and how often the processes meet.
  std::vector<size_t> own_pictures();
  FileSegmenter::Observer observer(size_t index, const std::string& name);
  int sum_up();

  const FileSegmenter& segmenter_;
  std::vector<std::string> fingerprints_;
  ResultLog* results_;
  const ProcessGroup& group_;
  const SignalStop& stop_;
  std::mutex bar_mutex_;  // of bar_, which the pictures at work share
  ProgressBar bar_;
  ProgressBar::Clock::time_point start_ = ProgressBar::Clock::now();
  RemainingTime remaining_;
  size_t num_pictures_ = 0, num_rounds_ = 0;
  std::vector<PictureOutcome> waiting_;  // to be handed over
  PictureFailures failures_;
};

}  // namespace multipole
