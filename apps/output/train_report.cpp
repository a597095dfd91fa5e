#include "apps/output/train_report.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "engine/report/flops_text.h"

namespace multipole {

TrainReport::TrainReport(ProgressBar::Mode mode, int64_t log_every)
    : bar_(mode), log_every_(log_every), start_(ProgressBar::Clock::now()) {}

void TrainReport::on_start(const TrainPlan& plan) {
  total_steps_ = plan.num_epochs * plan.steps_per_epoch;
  num_epochs_ = plan.num_epochs;
  start_ = ProgressBar::Clock::now();
  on_message(std::to_string(plan.train_samples) + " pictures to train on, " + std::to_string(plan.validation_samples) +
             " to evaluate on, " + std::to_string(plan.num_classes) + " classes");
  on_message(fixed(static_cast<double>(plan.num_parameters) / 1e6, 2) + " M parameters, " + plan.device + ", " +
             plan.precision + ", " + std::to_string(plan.num_epochs) + " epochs of " +
             std::to_string(plan.steps_per_epoch) + " steps" +
             (plan.first_step > 0 ? ", from step " + std::to_string(plan.first_step) : ""));
}

void TrainReport::on_step(const StepReport& report) {
  remaining_.update(report.step, std::chrono::duration<double>(ProgressBar::Clock::now() - start_).count());
  std::string detail = image_rate(report.images_per_second) + "  loss " + fixed(report.loss, 3) + "  lr " +
                       fixed(report.learning_rate, 6);
  if (report.skipped_steps > 0) detail += "  skipped " + std::to_string(report.skipped_steps);
  bar_.show("epoch " + std::to_string(report.epoch + 1) + "/" + std::to_string(num_epochs_), report.step_in_epoch,
            report.steps_per_epoch, detail, remaining_.seconds_left(total_steps_),
            log_every_ > 0 && report.step % log_every_ == 0);
}

void TrainReport::on_epoch_end(const EpochReport& report) {
  std::string line = "epoch " + std::to_string(report.epoch + 1) + "/" + std::to_string(num_epochs_) + "  loss " +
                     fixed(report.train_loss, 4);
  for (const auto& [key, name] : {std::pair{"top1", "top-1"}, std::pair{"map", "mAP"}, std::pair{"miou", "mIoU"}}) {
    if (!report.metrics.contains(key) || !report.metrics[key].is_number()) continue;
    line += std::string("  val ") + name + " " + percent(report.metrics[key].get<double>(), 2);
    if (report.is_best) line += " (best)";
  }
  line += "  " + image_rate(report.images_per_second) + "  " + clock_time(report.seconds);
  if (report.flops) line += "  " + flops_text(*report.flops) + " so far";
  if (report.bad_samples > 0) line += "  unreadable " + std::to_string(report.bad_samples);
  on_message(line);
}

void TrainReport::on_work(const WorkReport& report) {
  remaining_.update(report.done, report.seconds);
  bar_.show(report.name, report.done, report.total,
            image_rate(static_cast<double>(report.done) / std::max(report.seconds, 1e-9)),
            remaining_.seconds_left(report.total));
}

void TrainReport::on_message(const std::string& message) {
  if (!bar_.is_quiet()) bar_.print(message);
}

}  // namespace multipole
