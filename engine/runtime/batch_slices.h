// Batches that a CPU's threads compute side by side, a slice of a few pictures each. How a batch is cut goes by the
// size of its pictures alone, so that its answers are the same for any number of threads.
#pragma once

#include <torch/types.h>

#include <functional>
#include <optional>

#include "datasets/dataset.h"

namespace multipole {

// Pictures (k, 3, h, w), k from 1 up -> their answers (k, ...), in evaluation mode. Called in several threads at once,
// which have the calling thread's modes (inference, autocast).
using AnswerPictures = std::function<torch::Tensor(const torch::Tensor& images)>;

// How many pictures of a size a slice holds.
int64_t pictures_of_slice(int64_t height, int64_t width);

// images (B, 3, h, w), B from 1 up -> (B, ...). On another device than a CPU the batch is computed whole.
torch::Tensor answer_in_slices(const torch::Tensor& images, const torch::Device& device, const AnswerPictures& answer);

// The same for the batches of a stream, without a pause between them: next() gives them, by whichever thread, nothing
// at the end; take() gets each in its order with its answers, in the calling thread. Answers of a batch without
// pictures are undefined. What torch throws of a slice names the batch's files, as naming_files() does (batch_paths.h).
void answer_stream(const std::function<std::optional<Batch>()>& next, const torch::Device& device,
                   const AnswerPictures& answer,
                   const std::function<void(const Batch& batch, const torch::Tensor& answers)>& take);

}  // namespace multipole
