// How well a language model of bytes predicts a text.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "backbone/families/sequence/sequence_model.h"
#include "tasks/sequence/byte_text.h"

namespace multipole {

// Mean cross entropy in bits, a scalar: (B, n, 256) logits against (B, n) bytes.
torch::Tensor mean_bits(const torch::Tensor& logits, const torch::Tensor& targets);

struct SequenceEvaluation {
  int64_t bytes = 0;         // predicted
  double bits_per_byte = 0;  // mean cross entropy in bits; NaN for none
};

// The text in windows of the model's context without overlap, at most `most_bytes` (0: all): a window's first bytes are
// predicted from few. The model is left in evaluation mode.
SequenceEvaluation evaluate_sequence(SequenceModel& model, const ByteText& text, int64_t batch_size,
                                     int64_t most_bytes = 0);

}  // namespace multipole
