#include "tasks/sequence/sequence_evaluation.h"

#include <torch/utils.h>

#include <limits>
#include <numbers>

namespace multipole {

torch::Tensor mean_bits(const torch::Tensor& logits, const torch::Tensor& targets) {
  return torch::cross_entropy_loss(logits.flatten(0, 1), targets.flatten()) / std::numbers::ln2;
}

SequenceEvaluation evaluate_sequence(SequenceModel& model, const ByteText& text, int64_t batch_size,
                                     int64_t most_bytes) {
  torch::NoGradGuard no_grad;
  model->eval();
  SequenceEvaluation evaluation;
  double bits = 0;
  for (int64_t first = 0; most_bytes == 0 || evaluation.bytes < most_bytes; first += batch_size) {
    const auto windows = text.windows_from(first, batch_size, model->config().context);
    if (!windows.inputs.defined()) break;
    const auto count = windows.targets.numel();
    bits += mean_bits(model->forward(windows.inputs), windows.targets).item<double>() * static_cast<double>(count);
    evaluation.bytes += count;
    // fewer windows than asked for are the last whole ones: what follows them is the rest
    if (windows.inputs.size(0) < batch_size) first += windows.inputs.size(0) - batch_size;
  }
  evaluation.bits_per_byte =
      evaluation.bytes > 0 ? bits / static_cast<double>(evaluation.bytes) : std::numeric_limits<double>::quiet_NaN();
  return evaluation;
}

}  // namespace multipole
