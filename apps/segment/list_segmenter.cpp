#include "apps/segment/list_segmenter.h"

#include <ATen/Parallel.h>

#include <chrono>
#include <memory>

#include "apps/arguments/byte_size.h"
#include "engine/runtime/process_memory.h"
#include "engine/runtime/side_by_side.h"
#include "tasks/segmentation/prediction/picture_runs.h"

namespace multipole {
namespace {

// Thrown between tiles once a signal came.
struct Interrupted {};

}  // namespace

ListSegmenter::ListSegmenter(const FileSegmenter& segmenter, ResultLog& results, const SignalStop& stop, bool quiet)
    : segmenter_(segmenter),
      results_(results),
      stop_(stop),
      bar_(quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto) {}

FileSegmenter::Observer ListSegmenter::observer(size_t index, const std::string& name) {
  const auto start = ProgressBar::Clock::now();
  const auto remaining = std::make_shared<RemainingTime>();
  // several pictures at work have no bar each
  const bool is_alone = !at::in_parallel_region();
  const auto print = [this](const std::string& text) {
    const std::lock_guard lock(bar_mutex_);
    bar_.print(text);
  };
  return {[=, this](const std::string& text) {
            if (!bar_.is_quiet()) print(text);
          },
          [=, this](int64_t done, int64_t total) {
            const std::chrono::duration<double> seconds = ProgressBar::Clock::now() - start;
            remaining->update(done, seconds.count());
            const std::string label = std::to_string(index + 1) + " of " + std::to_string(num_pictures_);
            if (is_alone) bar_.show(label, done, total, "tiles  " + name, remaining->seconds_left(total));
            if (stop_.requested()) throw Interrupted{};
          },
          print};
}

ListSegmenter::Outcome ListSegmenter::segment(size_t index, const NamedInput& input, const OutputNames& names) {
  const auto told = observer(index, input.name.string());
  if (!names.namesake.empty()) {
    told.message(input.path.string() + ": note: its files are called " + names.map.stem().string() + ", since " +
                 names.namesake.string() + " has the name");
  }
  try {
    return {index, segmenter_.segment(input, names, told), {}};
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    auto failure = picture_failure(error, input.path);
    if (!failure) throw;
    return {index, {}, std::move(failure)};
  }
}

void ListSegmenter::take(const Outcome& outcome, const NamedInput& input) {
  if (!outcome.failure) {
    results_.add_result(outcome.index, outcome.result);
  } else {
    failures_.add(*outcome.failure);
    results_.add_error(outcome.index, input.path.string(), outcome.failure->message);
  }
  const std::lock_guard lock(bar_mutex_);
  if (outcome.failure) bar_.print(outcome.failure->message);
  if (at::in_parallel_region()) {
    const auto done = static_cast<int64_t>(outcome.index) + 1, total = static_cast<int64_t>(num_pictures_);
    const std::chrono::duration<double> seconds = ProgressBar::Clock::now() - start_;
    remaining_.update(done, seconds.count());
    bar_.show("segmenting", done, total, "pictures", remaining_.seconds_left(total));
  }
}

int ListSegmenter::run(const std::vector<NamedInput>& inputs, const std::vector<OutputNames>& names) {
  num_pictures_ = inputs.size();
  PictureRuns runs(
      inputs.size(), [&](size_t i) { return is_large_picture(inputs[i].path, segmenter_.decode()); },
      [&](size_t i) { return results_.has(i); });
  try {
    while (runs.start()) {
      side_by_side<size_t, Outcome>(
          [&] { return runs.next(); }, [&](size_t& i) { return segment(i, inputs[i], names[i]); },
          [&](const Outcome& outcome) { take(outcome, inputs[outcome.index]); }, most_at_once(segmenter_.device()));
    }
  } catch (const Interrupted&) {
    results_.finish();
    return stop_.exit_code();
  }
  results_.finish();
  return sum_up();
}

int ListSegmenter::sum_up() {
  if (!bar_.is_quiet()) bar_.print("peak memory " + binary_byte_count(static_cast<double>(peak_resident_bytes())));
  if (failures_.any()) bar_.print(failures_.summary(num_pictures_));
  return failures_.exit_code(num_pictures_);
}

}  // namespace multipole
