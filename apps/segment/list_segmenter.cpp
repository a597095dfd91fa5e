#include "apps/segment/list_segmenter.h"

#include <chrono>
#include <memory>

#include "apps/arguments/byte_size.h"
#include "engine/runtime/process_memory.h"

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
  return {[this](const std::string& text) {
            if (!bar_.is_quiet()) bar_.print(text);
          },
          [=, this](int64_t done, int64_t total) {
            const std::chrono::duration<double> seconds = ProgressBar::Clock::now() - start;
            remaining->update(done, seconds.count());
            const std::string label = std::to_string(index + 1) + " of " + std::to_string(num_pictures_);
            bar_.show(label, done, total, "tiles  " + name, remaining->seconds_left(total));
            if (stop_.requested()) throw Interrupted{};
          },
          [this](const std::string& text) { bar_.print(text); }};
}

void ListSegmenter::segment(size_t index, const NamedInput& input, const OutputNames& names) {
  const auto told = observer(index, input.name.string());
  if (!names.namesake.empty()) {
    told.message(input.path.string() + ": note: its files are called " + names.map.stem().string() + ", since " +
                 names.namesake.string() + " has the name");
  }
  results_.add_result(index, segmenter_.segment(input, names, told));
}

bool ListSegmenter::fail(size_t index, const NamedInput& input, const std::exception& error) {
  const auto failure = picture_failure(error, input.path);
  if (!failure) return false;
  failures_.add(*failure);
  results_.add_error(index, input.path.string(), failure->message);
  bar_.print(failure->message);
  return true;
}

int ListSegmenter::run(const std::vector<NamedInput>& inputs, const std::vector<OutputNames>& names) {
  num_pictures_ = inputs.size();
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (results_.has(i)) continue;
    try {
      segment(i, inputs[i], names[i]);
    } catch (const Interrupted&) {
      results_.finish();
      return stop_.exit_code();
    } catch (const std::exception& error) {
      if (!fail(i, inputs[i], error)) throw;
    }
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
