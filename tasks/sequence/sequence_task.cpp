#include "tasks/sequence/sequence_task.h"

#include "tasks/sequence/sequence_evaluation.h"
#include "tasks/sequence/sequence_file.h"

namespace multipole {

SequenceTask::SequenceTask(const ByteText& validation, int64_t batch_size, int64_t val_bytes,
                           const std::filesystem::path& best_path)
    : validation_(validation), batch_size_(batch_size), val_bytes_(val_bytes), best_path_(best_path) {}

torch::Tensor SequenceTask::loss(SequenceModel& model, const torch::Tensor& windows, const Batch&) {
  return mean_bits(model->forward(windows.slice(1, 0, -1)), windows.slice(1, 1));
}

TaskEvaluation SequenceTask::evaluate(SequenceModel& model, const ProcessGroup&, const std::atomic<bool>*) {
  const double bits = evaluate_sequence(model, validation_, batch_size_, val_bytes_).bits_per_byte;
  return {.score = -bits, .metrics = {{"bits_per_byte", bits}}};
}

void SequenceTask::save_best(const SequenceModel& model, const Json& summary) {
  save_sequence_model(best_path_, *model,
                      {{"step", summary["step"]}, {"val_bits_per_byte", summary["metrics"]["bits_per_byte"]}});
}

}  // namespace multipole
