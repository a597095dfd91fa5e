// Language modelling for the trainer: bits a byte, the fewer the better.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>

#include "backbone/families/sequence/sequence_model.h"
#include "engine/training/train_task.h"
#include "tasks/sequence/byte_text.h"

namespace multipole {

class SequenceTask : public TaskOf<SequenceModel> {
 public:
  // Evaluates on the first val_bytes of `validation`, and saves the best model to `best_path`.
  SequenceTask(const ByteText& validation, int64_t batch_size, int64_t val_bytes,
               const std::filesystem::path& best_path);

  // windows (B, n + 1) int64.
  torch::Tensor loss(SequenceModel& model, const torch::Tensor& windows, const Batch& batch) override;
  // Metrics: bits_per_byte. The score is the same with a minus sign. Every process of a group evaluates on all of it.
  TaskEvaluation evaluate(SequenceModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) override;
  void save_best(const SequenceModel& model, const Json& summary) override;

  bool is_scored_when_stopped() const override { return true; }
  const char* samples_name() const override { return "windows"; }

 private:
  ByteText validation_;
  int64_t batch_size_, val_bytes_;
  std::filesystem::path best_path_;
};

}  // namespace multipole
