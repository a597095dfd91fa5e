#include "apps/segment/list_segmenter.h"

#include <chrono>
#include <memory>

#include "apps/common/byte_size.h"
#include "apps/common/exit_code.h"
#include "apps/common/process_memory.h"
#include "backbone/config/error.h"
#include "engine/training/out_of_memory.h"

namespace multipole {
namespace {

// Thrown between tiles once a signal came.
struct Interrupted {};

std::string naming(const NamedInput& input, const std::string& message) {
  const std::string path = input.path.string();
  return message.find(path) == message.npos ? path + ": " + message : message;
}

}  // namespace

ListSegmenter::ListSegmenter(PictureSegmenter& segmenter, ResultLog& results, const SignalStop& stop, bool quiet)
    : segmenter_(segmenter),
      results_(results),
      stop_(stop),
      bar_(quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto) {}

PictureSegmenter::Observer ListSegmenter::observer(size_t index, const std::string& name) {
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

void ListSegmenter::fail(size_t index, const NamedInput& input, const std::exception& error) {
  const std::string message = naming(input, message_of(error));
  ++num_failed_;
  if (dynamic_cast<const InputError*>(&error) != nullptr) ++num_unreadable_;
  if (dynamic_cast<const PictureTooLarge*>(&error) != nullptr || is_out_of_memory(error)) ++num_too_large_;
  results_.add_error(index, input.path.string(), message);
  bar_.print(message);
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
    } catch (const PictureTooLarge& error) {
      fail(i, inputs[i], error);
    } catch (const ResourceError&) {
      throw;  // of the folder that is written to
    } catch (const ConfigError&) {
      throw;  // of the options
    } catch (const std::exception& error) {
      fail(i, inputs[i], error);
    }
  }
  results_.finish();
  return sum_up();
}

int ListSegmenter::sum_up() {
  if (!bar_.is_quiet()) bar_.print("peak memory " + binary_byte_count(static_cast<double>(peak_resident_bytes())));
  if (num_failed_ == 0) return kExitDone;
  bar_.print(std::to_string(num_failed_) + " of " + std::to_string(num_pictures_) +
             (num_failed_ == num_unreadable_ ? " inputs could not be read" : " inputs failed"));
  return num_too_large_ == num_pictures_ ? kExitResources : kExitSomeBad;
}

}  // namespace multipole
