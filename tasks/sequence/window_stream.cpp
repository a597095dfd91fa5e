#include "tasks/sequence/window_stream.h"

#include <string>

#include "base/error.h"
#include "base/sample_random.h"

namespace multipole {

void WindowStream::start_epoch(int64_t epoch, int64_t first_batch) {
  if (text_.size() < options_.length + 1) {
    throw InputError("the text has " + std::to_string(text_.size()) + " bytes to draw windows of " +
                     std::to_string(options_.length) +
                     " and the byte after from; give a longer text or set a smaller model.context");
  }
  epoch_ = epoch;
  batch_ = first_batch;
}

std::optional<Batch> WindowStream::next() {
  if (batch_ >= options_.num_batches) return std::nullopt;
  const auto step = static_cast<uint64_t>(epoch_ * options_.num_batches + batch_);
  Batch batch;
  batch.number = batch_++;
  for (int64_t i = 0; i < options_.batch_size; ++i) {
    const auto window = static_cast<uint64_t>(share_ * options_.batch_size + i);
    SampleRandom random(options_.seed, step, window, RandomStream::kWindow);
    const int64_t start = random.below(text_.size() - options_.length);
    batch.indices.push_back(start);
    batch.paths.push_back("the text from byte " + std::to_string(start));
  }
  batch.windows = text_.windows_at(batch.indices, options_.length + 1);
  return batch;
}

}  // namespace multipole
