#include "engine/observers/tensorboard_observer.h"

#include <torch/utils.h>

#include <algorithm>
#include <utility>

#include "datasets/pictures/read_picture.h"

namespace multipole {

namespace {

constexpr int64_t kColumns = 4;
constexpr int64_t kMaxPictures = 16;

}  // namespace

torch::Tensor contact_sheet(const torch::Tensor& images) {
  const int64_t count = std::min(images.size(0), kMaxPictures);
  const int64_t columns = std::min(count, kColumns), rows = (count + columns - 1) / columns;
  const int64_t height = images.size(2), width = images.size(3);
  auto sheet = torch::zeros({rows * height, columns * width, 3}, torch::kUInt8);
  for (int64_t i = 0; i < count; ++i) {
    const auto picture = shown_picture(images[i].to(torch::kCPU, torch::kFloat32).permute({1, 2, 0}));
    const auto low = picture.min(), range = (picture.max() - low).clamp_min(1e-6);
    sheet.narrow(0, i / columns * height, height)
        .narrow(1, i % columns * width, width)
        .copy_(((picture - low) / range * 255).round());
  }
  return sheet;
}

TensorBoardObserver::TensorBoardObserver(const std::filesystem::path& folder, int64_t resumed_step, int64_t log_every,
                                         const Json& config, PictureEncoder encode, TrainObserver& next)
    : file_(folder, resumed_step),
      step_(resumed_step),
      log_every_(log_every),
      config_(config),
      encode_(std::move(encode)),
      next_(next) {}

void TensorBoardObserver::on_start(const TrainPlan& plan) {
  // indented by four: code in Markdown, whatever the values hold
  std::string text = "    " + config_.dump(2, ' ', false, Json::error_handler_t::replace);
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 5) text.insert(at + 1, 4, ' ');
  file_.add_text("config", text, step_);
  next_.on_start(plan);
}

void TensorBoardObserver::on_first_batch(const Batch& batch) {
  if (encode_ && batch.size() > 0) {
    const auto sheet = contact_sheet(batch.images);
    const auto bytes = encode_(sheet);
    file_.add_image("train/batch", {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, sheet.size(0),
                    sheet.size(1), step_);
  }
  next_.on_first_batch(batch);
}

void TensorBoardObserver::on_step(const StepReport& report) {
  if (report.step % log_every_ == 0) {
    file_.add_scalar("train/loss", report.loss, report.step);
    file_.add_scalar("train/learning_rate", report.learning_rate, report.step);
    file_.add_scalar("train/gradient_norm", report.gradient_norm, report.step);
    file_.add_scalar("train/images_per_second", report.images_per_second, report.step);
    file_.add_scalar("train/skipped_steps", static_cast<double>(report.skipped_steps), report.step);
  }
  next_.on_step(report);
}

void TensorBoardObserver::on_epoch_end(const EpochReport& report) {
  file_.add_scalar("epoch/train_loss", report.train_loss, report.step);
  file_.add_scalar("epoch/bad_samples", static_cast<double>(report.bad_samples), report.step);
  for (const auto& [name, value] : report.metrics.items()) {
    if (value.is_number()) file_.add_scalar("val/" + name, value.get<double>(), report.step);
  }
  next_.on_epoch_end(report);
}

}  // namespace multipole
