#include "engine/observers/metrics_observer.h"

namespace multipole {

MetricsObserver::MetricsObserver(const RunFolder& folder, int64_t resumed_step, int64_t log_every, TrainObserver& next)
    : log_(folder.metrics_path(), resumed_step),
      table_(folder.table_path(), folder.metrics_path()),
      log_every_(log_every),
      next_(next) {}

void MetricsObserver::on_step(const StepReport& report) {
  if (report.step % log_every_ == 0) {
    Json entry = {{"event", "step"},
                  {"epoch", report.epoch + 1},
                  {"step", report.step},
                  {"loss", report.loss},
                  {"lr", report.learning_rate},
                  {"grad_norm", report.gradient_norm},
                  {"images_per_second", report.images_per_second},
                  {"skipped_steps", report.skipped_steps}};
    if (report.micro_batch > 0) entry["micro_batch"] = report.micro_batch;
    log_.append(entry);
  }
  next_.on_step(report);
}

void MetricsObserver::on_epoch_end(const EpochReport& report) {
  Json entry = {{"event", "epoch"},
                {"epoch", report.epoch + 1},
                {"step", report.step},
                {"train_loss", report.train_loss},
                {"lr", report.learning_rate},
                {"seconds", report.seconds},
                {"images_per_second", report.images_per_second},
                {"bad_samples", report.bad_samples},
                {"best", report.is_best},
                {"val", report.metrics}};
  if (report.flops) entry["flops"] = *report.flops;
  log_.append(entry);
  table_.append(entry);
  next_.on_epoch_end(report);
}

}  // namespace multipole
