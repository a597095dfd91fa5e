// Writes what training reports as TensorBoard events (engine/files/event_file.h) and passes it on. Tags:
//   config                      the resolved config, as text
//   train/batch                 pictures of the first batch, as the model sees them, each stretched to the full range
//   train/loss, .../learning_rate, .../gradient_norm, .../images_per_second, .../skipped_steps
//   epoch/train_loss, epoch/bad_samples, and val/<metric> for every number of the evaluation
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/json.h"
#include "engine/files/event_file.h"
#include "engine/observers/train_observer.h"

namespace multipole {

// (H, W, 3) uint8 to the bytes of a picture file; empty in builds without codecs.
using PictureEncoder = std::function<std::vector<uint8_t>(const torch::Tensor&)>;

class TensorBoardObserver : public TrainObserver {
 public:
  // Logs every log_every-th step and every epoch. `next` outlives this object.
  TensorBoardObserver(const std::filesystem::path& folder, int64_t resumed_step, int64_t log_every, const Json& config,
                      PictureEncoder encode, TrainObserver& next);

  void on_start(const TrainPlan& plan) override;
  void on_first_batch(const Batch& batch) override;
  void on_step(const StepReport& report) override;
  void on_epoch_end(const EpochReport& report) override;
  void on_message(const std::string& message) override { next_.on_message(message); }

 private:
  EventFile file_;
  int64_t step_;
  int64_t log_every_;
  Json config_;
  PictureEncoder encode_;
  TrainObserver& next_;
};

// Up to 16 pictures of (B, 3, H, W) side by side, four a row, as (H', W', 3) uint8.
torch::Tensor contact_sheet(const torch::Tensor& images);

}  // namespace multipole
