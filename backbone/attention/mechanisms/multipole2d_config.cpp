#include "backbone/attention/mechanisms/multipole2d_config.h"

#include <algorithm>

#include "backbone/attention/summary_basis.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

constexpr int64_t kMostHotTokens = 65536;  // of a head: beyond any use

}  // namespace

void Multipole2dConfig::validate(const std::string& where) const {
  require(cell >= 1 && cell <= 64, where + ".cell", "must be from 1 to 64 tokens", cell);
  const int64_t side = subcells_per_side(rank);
  require(rank >= 1 && side > 0 && side <= cell, where + ".rank",
          "must be a perfect square of at most cell * cell = " + std::to_string(cell * cell), rank);
  require(variant == "linear" || variant == "log-linear", where + ".variant", "must be 'linear' or 'log-linear'",
          variant);
  require(summaries == "basis" || summaries == "cluster", where + ".summaries", "must be 'basis' or 'cluster'",
          summaries);
  require(has_basis() || !is_linear(), where + ".summaries",
          "clusters of keys say nothing of where queries lie, so that they need \"variant\": \"log-linear\"",
          summaries);
  require(has_basis() || log_mass, where + ".log_mass", "must be true where summaries are clusters", log_mass);
  const auto bases = summary_basis_names();
  require(std::ranges::find(bases, basis) != bases.end(), where + ".basis", "must be 'hierarchical' or 'direct'",
          basis);
  require(hot >= 0 && hot <= kMostHotTokens, where + ".hot",
          "must be from 0 to " + std::to_string(kMostHotTokens) + " tokens", hot);
  require(full_up_to >= 0, where + ".full_up_to", "must not be negative", full_up_to);
  require(full_up_to == 0 || !bias, where + ".full_up_to",
          "must be 0 with a bias, whose tables end where the far field does", full_up_to);
  require(proj_drop >= 0 && proj_drop < 1, where + ".proj_drop", "must be in [0, 1)", proj_drop);
  require(!max_levels || (*max_levels >= 0 && *max_levels <= 16), where + ".max_levels", "must be null or from 0 to 16",
          max_levels);
  require(reach == "grid" || reach == "nominal", where + ".reach", "must be 'grid' or 'nominal'", reach);
}

int64_t Multipole2dConfig::parameter_levels(const AttentionShape& shape) const {
  return max_levels.value_or(num_far_levels_2d(shape.grid_size, shape.grid_size, cell));
}

int64_t Multipole2dConfig::seen_levels(const AttentionShape& shape, int64_t height, int64_t width) const {
  const int64_t levels = num_far_levels_2d(height, width, cell);
  return is_bounded() ? std::min(levels, num_far_levels_2d(shape.grid_size, shape.grid_size, cell)) : levels;
}

}  // namespace multipole
