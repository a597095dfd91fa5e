#include "apps/segment/list_segmenter.h"

#include <ATen/Parallel.h>

#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "apps/arguments/byte_size.h"
#include "engine/distributed/gather.h"
#include "engine/runtime/process_memory.h"
#include "engine/runtime/side_by_side.h"
#include "engine/runtime/training_error.h"
#include "tasks/segmentation/prediction/picture_runs.h"

namespace multipole {
namespace {

// Of each process, until the first has their lines: what a kill costs at most.
constexpr size_t kPicturesOfRound = 16;

// Thrown between tiles once a signal came.
struct Interrupted {};

}  // namespace

ListSegmenter::ListSegmenter(const FileSegmenter& segmenter, std::vector<std::string> fingerprints, ResultLog* results,
                             const ProcessGroup& group, const SignalStop& stop, bool quiet)
    : segmenter_(segmenter),
      fingerprints_(std::move(fingerprints)),
      results_(results),
      group_(group),
      stop_(stop),
      bar_(quiet || !group.is_first() ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto) {}

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

PictureOutcome ListSegmenter::segment(size_t index, const NamedInput& input, const OutputNames& names) {
  const auto told = observer(index, input.name.string());
  if (!names.namesake.empty()) {
    told.message(input.path.string() + ": note: its files are called " + names.map.stem().string() + ", since " +
                 names.namesake.string() + " has the name");
  }
  try {
    return {index, result_line(segmenter_.segment(input, names, told), fingerprints_[index]), {}};
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    auto failure = picture_failure(error, input.path);
    if (!failure) throw;
    return {index, error_line(input.path.string(), failure->message), std::move(failure)};
  }
}

void ListSegmenter::write(const PictureOutcome& outcome) {
  results_->add(outcome.index, outcome.line);
  if (outcome.failure) failures_.add(*outcome.failure);
  const std::lock_guard lock(bar_mutex_);
  if (outcome.failure) bar_.print(outcome.failure->message);
  if (group_.size() == 1 && !at::in_parallel_region()) return;  // the picture had a bar of its own
  const auto done = static_cast<int64_t>(outcome.index) + 1, total = static_cast<int64_t>(num_pictures_);
  const std::chrono::duration<double> seconds = ProgressBar::Clock::now() - start_;
  remaining_.update(done, seconds.count());
  bar_.show("segmenting", done, total, "pictures", remaining_.seconds_left(total));
}

void ListSegmenter::take(PictureOutcome outcome) {
  if (group_.size() == 1) return write(outcome);
  waiting_.push_back(std::move(outcome));
  if (waiting_.size() == kPicturesOfRound) meet();
}

void ListSegmenter::meet() {
  const auto all = gather_at_first(group_, pack_outcomes(std::exchange(waiting_, {})));
  --num_rounds_;
  if (results_ == nullptr) return;
  std::map<size_t, PictureOutcome> in_order;
  for (const auto& each : all) {
    for (auto& outcome : unpack_outcomes(each)) in_order[outcome.index] = std::move(outcome);
  }
  for (const auto& [index, outcome] : in_order) write(outcome);
}

std::vector<size_t> ListSegmenter::own_pictures() {
  const torch::Tensor kept = torch::zeros({static_cast<int64_t>(num_pictures_)}, torch::kByte);
  auto* const is_kept = kept.data_ptr<uint8_t>();
  for (size_t i = 0; results_ != nullptr && i < num_pictures_; ++i) is_kept[i] = results_->has(i) ? 1 : 0;
  group_.broadcast({kept});
  const auto size = static_cast<size_t>(group_.size());
  std::vector<size_t> own;
  size_t num_left = 0;
  for (size_t i = 0; i < num_pictures_; ++i) {
    if (is_kept[i] == 0 && num_left++ % size == static_cast<size_t>(group_.process_rank())) own.push_back(i);
  }
  const size_t of_round = kPicturesOfRound * size;
  num_rounds_ = size == 1 ? 0 : (num_left + of_round - 1) / of_round;
  return own;
}

int ListSegmenter::run(const std::vector<NamedInput>& inputs, const std::vector<OutputNames>& names) {
  num_pictures_ = inputs.size();
  const auto own = own_pictures();
  PictureRuns runs(own.size(), [&](size_t i) { return is_large_picture(inputs[own[i]].path, segmenter_.decode()); });
  const auto next = [&]() -> std::optional<size_t> {
    const auto place = runs.next();
    return place ? std::optional<size_t>(own[*place]) : std::nullopt;
  };
  try {
    while (runs.start()) {
      side_by_side<size_t, PictureOutcome>(
          next, [&](size_t& i) { return segment(i, inputs[i], names[i]); },
          [&](PictureOutcome outcome) { take(std::move(outcome)); }, most_at_once(segmenter_.device()));
    }
    while (num_rounds_ > 0) meet();
  } catch (const Interrupted&) {
    if (results_ != nullptr) results_->finish();
    return stop_.exit_code();
  } catch (const TrainingError&) {
    if (!stop_.requested()) throw;  // else the others had the same signal before
    if (results_ != nullptr) results_->finish();
    return stop_.exit_code();
  }
  if (results_ == nullptr) return kExitDone;
  results_->finish();
  return sum_up();
}

int ListSegmenter::sum_up() {
  if (!bar_.is_quiet()) bar_.print("peak memory " + binary_byte_count(static_cast<double>(peak_resident_bytes())));
  if (failures_.any()) bar_.print(failures_.summary(num_pictures_));
  return failures_.exit_code(num_pictures_);
}

}  // namespace multipole
