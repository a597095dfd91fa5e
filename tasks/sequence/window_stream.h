// Windows of a text at random places, to train a language model on.
#pragma once

#include <cstdint>
#include <optional>

#include "datasets/batch_stream.h"
#include "tasks/sequence/byte_text.h"

namespace multipole {

struct WindowOptions {
  int64_t length = 256;  // bytes that are predicted; a window has one more
  int64_t batch_size = 16;
  int64_t num_batches = 200;  // an epoch
  uint64_t seed = 0;
};

// Each place depends on (seed, step, window of the step) and on nothing else, where steps count the batches of all
// epochs.
class WindowStream : public BatchStream {
 public:
  WindowStream(const ByteText& text, const WindowOptions& options) : text_(text), options_(options) {}

  void take_share(int64_t share, int64_t) override { share_ = share; }
  int64_t num_batches() const override { return options_.num_batches; }
  // Throws InputError where the text is too short for a window.
  void start_epoch(int64_t epoch, int64_t first_batch = 0) override;
  // A batch's indices are the places in the text.
  std::optional<Batch> next() override;

 private:
  ByteText text_;
  WindowOptions options_;
  int64_t share_ = 0, epoch_ = 0, batch_ = 0;
};

}  // namespace multipole
