// What a model's scores name, and where they name nothing.
#pragma once

#include <torch/types.h>

#include <tuple>

namespace multipole {

struct Answers {
  torch::Tensor labels;  // the class of the largest score, int64
  torch::Tensor known;   // bool: that score is a finite number
};

// Of scores along `dim`. argmax names a class for NaN and infinity too, and it may even be the right one. A class whose
// score is minus infinity is ruled out; the others still answer.
inline Answers answers_of(const torch::Tensor& scores, int64_t dim) {
  const auto [largest, labels] = scores.max(dim);
  return {labels, largest.isfinite()};
}

// What is told of an answer that is none.
inline constexpr const char* kNoAnswer =
    "the model's scores are not finite numbers: its weights are damaged, or numbers overflow; --precision float32 may "
    "help";

}  // namespace multipole
