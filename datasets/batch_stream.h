// Where training takes its batches from, epoch by epoch: pictures come from a loader, text from windows drawn at
// random.
#pragma once

#include <cstdint>
#include <optional>

#include "datasets/dataset.h"

namespace multipole {

class BatchStream {
 public:
  virtual ~BatchStream() = default;

  // Of several processes that work together, this one takes part `share` of `num_shares`; together they take in each
  // step what one process with num_shares times the batch would. Between epochs only. Throws ConfigError where there is
  // too little for that.
  virtual void take_share(int64_t share, int64_t num_shares) = 0;

  // Batches of this process in a whole epoch.
  virtual int64_t num_batches() const = 0;

  // Begins `epoch` at batch `first_batch` (to resume); an epoch under way is abandoned. The batches of an epoch depend
  // on its number and theirs alone.
  virtual void start_epoch(int64_t epoch, int64_t first_batch = 0) = 0;

  // The next batch, or nothing at the end of the epoch.
  virtual std::optional<Batch> next() = 0;
};

}  // namespace multipole
