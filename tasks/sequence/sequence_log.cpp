#include "tasks/sequence/sequence_log.h"

#include <cmath>

namespace multipole {

SequenceLog::SequenceLog(const RunFolder& folder, int64_t resumed_step, int64_t context, TrainObserver& next)
    : log_(folder.metrics_path(), resumed_step), context_(context), next_(next) {}

void SequenceLog::on_epoch_end(const EpochReport& report) {
  if (std::isnan(report.train_loss)) return;
  log_.append({{"step", report.step},
               {"train_bits_per_byte", report.train_loss},
               {"val_bits_per_byte", report.metrics["bits_per_byte"]},
               {"bytes_per_second", report.images_per_second * static_cast<double>(context_)}});
  next_.on_epoch_end(report);
}

}  // namespace multipole
