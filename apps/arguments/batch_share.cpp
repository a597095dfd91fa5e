#include "apps/arguments/batch_share.h"

#include <algorithm>
#include <utility>

#include "base/checksum.h"
#include "base/packed_strings.h"
#include "engine/distributed/gather.h"

namespace multipole {

void expect_same_inputs(const ProcessGroup& group, const std::string& model,
                        const std::vector<std::filesystem::path>& paths) {
  if (group.size() == 1) return;
  std::vector<std::string> names = {model};
  for (const auto& path : paths) names.push_back(path.string());
  group.expect_same("the model and the inputs", static_cast<int64_t>(checksum(pack_strings(names))));
}

BatchShare::BatchShare(const ProcessGroup& group, int64_t first_batch, int64_t num_batches, const SignalStop& stop,
                       Take take)
    : group_(group),
      first_batch_(first_batch),
      num_batches_(num_batches),
      round_(first_batch / group.size()),
      stop_(stop),
      take_(std::move(take)) {}

int64_t BatchShare::first_own_batch() const {
  return std::max<int64_t>(0, first_batch_ - group_.process_rank() + group_.size() - 1) / group_.size();
}

int64_t BatchShare::num_rounds() const { return (num_batches_ + group_.size() - 1) / group_.size(); }

bool BatchShare::has_own(int64_t round) const {
  const int64_t batch = round * group_.size() + group_.process_rank();
  return batch >= first_batch_ && batch < num_batches_;
}

void BatchShare::start() {
  if (first_batch_ < num_batches_ && !has_own(round_)) give("");
}

void BatchShare::give(const std::string& results) {
  if (is_stopped_) return;
  for (const auto& each : gather_at_first(group_, results)) {
    if (!each.empty()) take_(each);
  }
  // all ask at the same moment, so that none waits for one that has stopped
  if (++round_ < num_rounds()) is_stopped_ = group_.sum(stop_.requested() ? 1.0 : 0.0) > 0;
}

void BatchShare::finish() {
  while (round_ < num_rounds() && !is_stopped_) give("");
}

}  // namespace multipole
