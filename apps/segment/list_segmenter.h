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
#include "apps/segment/result_log.h"

namespace multipole {

class ListSegmenter {
 public:
  // Tells standard error how far it is.
  ListSegmenter(const FileSegmenter& segmenter, ResultLog& results, const SignalStop& stop, bool quiet);

  // Does the inputs whose line `results` lacks. The exit code: kExitSomeBad where pictures failed, kExitResources where
  // all did for want of memory, the signal's where one came. Throws what is no picture's own: wrong options, a disk
  // that is full.
  int run(const std::vector<NamedInput>& inputs, const std::vector<OutputNames>& names);

 private:
  struct Outcome {
    size_t index = 0;
    Json result = {};
    std::optional<PictureFailure> failure = {};
  };

  // By several threads at once. Throws an error that is no picture's own.
  Outcome segment(size_t index, const NamedInput& input, const OutputNames& names);
  void take(const Outcome& outcome, const NamedInput& input);
  FileSegmenter::Observer observer(size_t index, const std::string& name);
  int sum_up();

  const FileSegmenter& segmenter_;
  ResultLog& results_;
  const SignalStop& stop_;
  std::mutex bar_mutex_;  // of bar_, which the pictures at work share
  ProgressBar bar_;
  ProgressBar::Clock::time_point start_ = ProgressBar::Clock::now();
  RemainingTime remaining_;
  size_t num_pictures_ = 0;
  PictureFailures failures_;
};

}  // namespace multipole
