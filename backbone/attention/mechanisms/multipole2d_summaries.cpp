#include "backbone/attention/mechanisms/multipole2d_summaries.h"

#include <optional>
#include <tuple>

#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

constexpr int64_t kLloydSteps = 4;

SummaryShape summary_shape(const Multipole2dConfig& config, const AttentionShape& shape) {
  const int64_t summarised = config.is_linear() ? 3 : 2;  // keys and values, and queries too
  return {config.cell, config.rank, config.parameter_levels(shape), summarised * shape.embed_dim};
}

// Distances to `rank` means at every Lloyd step and once more for the last members.
AttentionCost cluster_cost(const Multipole2dConfig& config, double points, double summaries, double embed_dim) {
  const double distances = static_cast<double>(kLloydSteps + 1) * points * static_cast<double>(config.rank);
  return {2 * distances * embed_dim, 4 * embed_dim * 2 * (points + summaries)};
}

}  // namespace

Multipole2dSummaries::Multipole2dSummaries(const Multipole2dConfig& config, const AttentionShape& shape,
                                           torch::nn::Module& owner)
    : config_(config), shape_(shape) {
  if (config.has_basis()) basis_ = make_summary_basis(config.basis, summary_shape(config, shape), owner);
}

double Multipole2dSummaries::count_parameters(const Multipole2dConfig& config, const AttentionShape& shape) {
  return config.has_basis() ? count_summary_parameters(config.basis, summary_shape(config, shape)) : 0;
}

FarSummaries Multipole2dSummaries::summarize(const GridTokens& tokens, const torch::Tensor& key_mass) const {
  FarSummaries far;
  const int64_t levels = config_.seen_levels(shape_, tokens.k.size(1), tokens.k.size(2));
  if (levels == 0) return far;
  if (basis_) {
    summarize_by_basis(tokens, key_mass, levels, far);
  } else {
    std::tie(far.k, far.v, far.mass) =
        cluster2d(tokens.k, tokens.v, config_.cell, config_.rank, levels,
                  key_mass.defined() ? std::optional(key_mass) : std::nullopt, kLloydSteps);
  }
  return far;
}

void Multipole2dSummaries::summarize_by_basis(const GridTokens& tokens, const torch::Tensor& key_mass, int64_t levels,
                                              FarSummaries& far) const {
  // the log-linear variant leaves out the queries, which stand first
  const int64_t first = config_.is_linear() ? 0 : 1, embed_dim = shape_.embed_dim;
  torch::Tensor summarised, mass;
  if (tokens.packed.defined()) {
    summarised = tokens.packed.narrow(-1, first * embed_dim, (3 - first) * embed_dim);
  } else {
    std::vector<torch::Tensor> parts = {tokens.k.flatten(3), tokens.v.flatten(3)};
    if (config_.is_linear()) parts.insert(parts.begin(), tokens.q.flatten(3));
    summarised = torch::cat(parts, 3);
  }
  if (key_mass.defined() && key_mass.dim() == 3) {
    mass = key_mass;  // of queries, keys and values alike
  } else if (key_mass.defined()) {
    std::vector<torch::Tensor> parts = {key_mass, key_mass};
    // tokens that are hot left the grid's keys and query all the same
    if (config_.is_linear()) {
      parts.insert(parts.begin(),
                   tokens.mass.defined() ? tokens.mass.unsqueeze(3).expand_as(key_mass) : torch::ones_like(key_mass));
    }
    mass = torch::cat(parts, 3);
  }
  for (const auto& summary : basis_->summarize(summarised, mass, levels)) {
    auto sizes = summary.sizes().vec();
    sizes.back() = 3 - first;
    sizes.insert(sizes.end(), {shape_.num_heads, embed_dim / shape_.num_heads});
    auto parts = summary.view(sizes).unbind(4);
    if (config_.is_linear()) far.q.push_back(parts[0]);
    far.k.push_back(parts[1 - first]);
    far.v.push_back(parts[2 - first]);
  }
}

AttentionCost Multipole2dSummaries::cost(int64_t height, int64_t width) const {
  const int64_t levels = config_.seen_levels(shape_, height, width);
  if (basis_) return basis_->cost(height, width, levels);
  AttentionCost cost;
  double points = static_cast<double>(height * width);
  for (int64_t level = 1; level <= levels; ++level) {
    const auto cells =
        static_cast<double>(level_cells(level, height, config_.cell) * level_cells(level, width, config_.cell));
    const double summaries = static_cast<double>(config_.rank) * cells;
    cost += cluster_cost(config_, points, summaries, static_cast<double>(shape_.embed_dim));
    points = summaries;  // a coarser level clusters the clusters below it
  }
  return cost;
}

}  // namespace multipole
