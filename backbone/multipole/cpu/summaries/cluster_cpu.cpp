#include "backbone/multipole/cpu/summaries/cluster_cpu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <type_traits>
#include <utility>

#include "backbone/multipole/cpu/instruction_set.h"
#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {
namespace {

// The sites that a level's clusters are made of: tokens, or the clusters of the level below.
struct ClusterSites {
  at::Tensor k, v;  // (B, Y, X, heads, d) or (B, Y, X, p, heads, d), contiguous d
  at::Tensor mass;  // float32, (B, Y, X), (B, Y, X, heads) or (B, Y, X, p, heads); undefined: 1
};

// Tokens have a stride of 0 from entry to entry, masses that the heads share one from head to head.
SummaryView view_sites(const at::Tensor& x, int64_t heads_dim) {
  if (!x.defined()) return {};
  const bool entries = heads_dim == 4;
  return {x.data_ptr(),
          x.stride(0),
          x.stride(1),
          x.stride(2),
          entries ? x.stride(3) : 0,
          x.dim() > heads_dim ? x.stride(heads_dim) : 0};
}

// The cluster that each place of a cell starts in: tokens in their sub-cells, clusters of children four by four.
std::vector<int32_t> start_labels(const Cluster2dArgs& args, int64_t level) {
  std::vector<int32_t> labels;
  if (level > 1) {
    for (int64_t i = 0; i < 4 * args.rank; ++i) labels.push_back(static_cast<int32_t>(i / 4));
    return labels;
  }
  const int64_t side = subcells_per_side(args.rank);
  for (int64_t y = 0; y < args.cell; ++y) {
    for (int64_t x = 0; x < args.cell; ++x) {
      const int64_t row = subcell_of_token(y, 1, args.cell, side), column = subcell_of_token(x, 1, args.cell, side);
      labels.push_back(static_cast<int32_t>(row * side + column));
    }
  }
  return labels;
}

class ClusterMemory {
 public:
  ClusterMemory(const ClusterParams& p, int64_t width) {
    const int64_t row = ceil_div(p.head_dim, kRowFloats) * kRowFloats;
    const int64_t points = ceil_div(p.side * p.side * p.entries, kRowFloats) * kRowFloats;
    carve(row, points, p.rank, width, nullptr);
    memory_ = at::empty({used_}, at::kByte);
    carve(row, points, p.rank, width, static_cast<char*>(memory_.data_ptr()));
  }
  const ClusterScratch& get() const { return scratch_; }

 private:
  // With a null base it only measures.
  void carve(int64_t row, int64_t points, int64_t rank, int64_t width, char* base) {
    used_ = 0;
    const auto take = [&](auto*& pointer, int64_t count) {
      if (base != nullptr) pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(base + used_);
      used_ += ceil_div(count * static_cast<int64_t>(sizeof(*pointer)), 64) * 64;
    };
    take(scratch_.rows, points * row);
    take(scratch_.tiles, points * row);
    take(scratch_.means, rank * row);
    take(scratch_.distances, rank * width);
    take(scratch_.point_mass, points);
    take(scratch_.cluster_mass, rank);
    take(scratch_.point_label, points);
    take(scratch_.members, points);
    take(scratch_.first, rank + 1);
    take(scratch_.site, points);
    take(scratch_.value, points);
  }

  at::Tensor memory_;
  int64_t used_ = 0;
  ClusterScratch scratch_{};
};

struct ClusterLevel {
  ClusterSites clusters;
  at::Tensor labels;
};

ClusterLevel cluster_level(const Cluster2dArgs& args, const ClusterSites& sites, int64_t level,
                           const KernelTable& kernels) {
  const bool tokens = level == 1;
  const int64_t heads_dim = tokens ? 3 : 4;
  const std::vector<int32_t> start = start_labels(args, level);
  ClusterParams p{};
  p.batch = sites.k.size(0);
  p.height = sites.k.size(1);
  p.width = sites.k.size(2);
  p.entries = tokens ? 1 : args.rank;
  p.heads = args.k.size(3);
  p.head_dim = args.k.size(4);
  p.side = tokens ? args.cell : 2;
  p.rank = args.rank;
  p.steps = args.num_steps;
  p.rows = ceil_div(p.height, p.side);
  p.columns = ceil_div(p.width, p.side);
  p.storage = sites.k.scalar_type() == at::kBFloat16 ? Storage::bfloat16 : Storage::float32;
  p.k = view_sites(sites.k, heads_dim);
  p.v = view_sites(sites.v, heads_dim);
  p.mass = view_sites(sites.mass, heads_dim);
  p.start = start.data();
  const at::TensorOptions floats = args.k.options().dtype(at::kFloat);
  ClusterLevel result;
  result.clusters.k = at::empty({p.batch, p.rows, p.columns, p.rank, p.heads, p.head_dim}, floats);
  result.clusters.v = at::empty(result.clusters.k.sizes(), floats);
  result.clusters.mass = at::empty({p.batch, p.rows, p.columns, p.rank, p.heads}, floats);
  result.labels = at::empty(sites.k.sizes().slice(0, static_cast<size_t>(heads_dim) + 1), floats.dtype(at::kInt));
  p.out_k = result.clusters.k.data_ptr<float>();
  p.out_v = result.clusters.v.data_ptr<float>();
  p.out_mass = result.clusters.mass.data_ptr<float>();
  p.labels = result.labels.data_ptr<int32_t>();
  at::parallel_for(0, p.batch * p.rows * p.columns * p.heads, 1, [&](int64_t begin, int64_t end) {
    const ClusterMemory memory(p, kernels.width);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t cell = i / p.heads, row = cell / p.columns;
      kernels.cluster_cell(p, row / p.rows, row % p.rows, cell % p.columns, i % p.heads, memory.get());
    }
  });
  return result;
}

}  // namespace

std::string why_not(const Cluster2dArgs& args) {
  if (!args.k.device().is_cpu()) return "the tensors are not on the CPU";
  if (args.k.scalar_type() != at::kFloat && args.k.scalar_type() != at::kBFloat16) {
    return "only float32 and bfloat16 are fused";
  }
  return "";
}

Clusters2d cluster2d_forward(const Cluster2dArgs& args) {
  const KernelTable& kernels = chosen_kernels();
  ClusterSites sites = {args.k, args.v, args.token_mass};
  Clusters2d result;
  for (int64_t level = 1; level <= args.num_levels; ++level) {
    ClusterLevel own = cluster_level(args, sites, level, kernels);
    sites = std::move(own.clusters);
    result.k_far.push_back(sites.k);
    result.v_far.push_back(sites.v);
    result.far_mass.push_back(sites.mass.log());
    result.labels.push_back(std::move(own.labels));
  }
  return result;
}

}  // namespace multipole::cpu
