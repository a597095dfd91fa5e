// How multipole2d summarises the tokens of its far levels: learned depthwise weights that start as means. A new basis
// is a class and a line in summary_basis.cpp.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backbone/attention/attention_cost.h"

namespace multipole {

struct SummaryShape {
  int64_t cell, rank;
  int64_t levels;  // with parameters; further levels of a larger grid do without
  int64_t channels;
};

class SummaryBasis {
 public:
  virtual ~SummaryBasis() = default;

  // (B, H, W, channels) -> the summaries (B, Hl, Wl, rank, channels) of `levels` far levels, the finest first.
  // token_mass: undefined, or as multipole::summarize2d takes it
  virtual std::vector<torch::Tensor> summarize(const torch::Tensor& x, const torch::Tensor& token_mass,
                                               int64_t levels) const = 0;

  virtual AttentionCost cost(int64_t height, int64_t width, int64_t levels) const = 0;
};

// Registers its parameters with `owner`.
//   hierarchical  a level's summaries are made of those of the level below: paper, section 4. Further levels use what
//                 the last one has learned on top of means, or are means where there are none.
//   direct        every level is summarised from the tokens, as in the paper's 1D model: a weight for each token of a
//                 cell, so four times as many a level. Further levels are means.
std::unique_ptr<SummaryBasis> make_summary_basis(const std::string& name, const SummaryShape& shape,
                                                 torch::nn::Module& owner);

// Parameters of what make_summary_basis() would register.
double count_summary_parameters(const std::string& name, const SummaryShape& shape);

std::vector<std::string> summary_basis_names();

}  // namespace multipole
