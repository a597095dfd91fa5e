#include "backbone/multipole/op/check_cluster.h"

#include <string>
#include <utility>
#include <vector>

#include "backbone/multipole/op/argument_checker.h"
#include "backbone/multipole/op/check.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

constexpr int64_t kMaxSteps = 1000;  // Lloyd steps: beyond any use

const char* const kTokenDims = "(B, H, W, heads, head_dim)";

}  // namespace

Cluster2dArgs check_cluster2d(const at::Tensor& k, const at::Tensor& v, int64_t cell, int64_t rank, int64_t num_levels,
                              const std::optional<at::Tensor>& token_mass, int64_t num_steps) {
  const ArgumentChecker check("cluster2d", "k", k);
  check.shape("k", k, {-1, -1, -1, -1, -1}, kTokenDims);
  const std::vector<int64_t> sizes = concrete_sizes(k);
  check.shape("v", v, sizes, kTokenDims);
  check.range("cell", cell, 1, kMaxCell);
  check.rank("rank", rank, cell);
  check.range("num_levels", num_levels, 1, kMaxLevels);
  check.range("num_steps", num_steps, 0, kMaxSteps);
  const at::Tensor mass = token_mass.value_or(at::Tensor());
  if (mass.defined()) check_token_mass(check, "k", k, mass, {sizes[0], sizes[1], sizes[2], sizes[3]});
  return {with_contiguous_last_dim(k), with_contiguous_last_dim(v), cell, rank, num_levels, mass, num_steps};
}

void check_cluster2d_backward(const Cluster2dArgs& args, const Clusters2d& clusters, const Clusters2d& d_clusters) {
  const ArgumentChecker check("_cluster2d_backward", "k", args.k);
  const ArgumentChecker check_mass = check.with_dtype(mass_dtype(args.k.scalar_type()), "that of masses");
  const ArgumentChecker check_label = check.with_dtype(at::kInt, "that of labels");
  const char* const cluster_dims = "(B, Hl, Wl, rank, heads, head_dim)";
  const std::vector<int64_t> k = concrete_sizes(args.k);
  const auto check_levels = [&](const ArgumentChecker& checker, const char* name, at::TensorList list,
                                const auto& sizes_of, const std::string& dims) {
    checker.length(name, list, args.num_levels, "num_levels");
    for (int64_t l = 0; l < args.num_levels; ++l) {
      checker.shape(element_name(name, l), list[static_cast<size_t>(l)], sizes_of(l), dims);
    }
  };
  const auto masses = [&](int64_t l) {
    return std::vector<int64_t>{k[0], level_cells(l + 1, k[1], args.cell), level_cells(l + 1, k[2], args.cell),
                                args.rank, k[3]};
  };
  const auto means = [&](int64_t l) {
    std::vector<int64_t> sizes = masses(l);
    sizes.push_back(k[4]);
    return sizes;
  };
  const auto members = [&](int64_t l) { return l > 0 ? masses(l - 1) : std::vector<int64_t>{k[0], k[1], k[2], k[3]}; };
  check_levels(check, "d_k_far", d_clusters.k_far, means, cluster_dims);
  check_levels(check, "d_v_far", d_clusters.v_far, means, cluster_dims);
  check_levels(check_mass, "d_far_mass", d_clusters.far_mass, masses, "(B, Hl, Wl, rank, heads)");
  check_levels(check_mass, "k_far", clusters.k_far, means, cluster_dims);
  check_levels(check_mass, "v_far", clusters.v_far, means, cluster_dims);
  check_levels(check_mass, "far_mass", clusters.far_mass, masses, "(B, Hl, Wl, rank, heads)");
  check_levels(check_label, "labels", clusters.labels, members, "(B, H, W, heads), then (B, Hl-1, Wl-1, rank, heads)");
}

HotTokens2dArgs check_hot_tokens2d(const at::Tensor& q, const at::Tensor& k, int64_t count,
                                   const std::optional<at::Tensor>& token_mass, std::optional<double> scale) {
  const ArgumentChecker check("hot_tokens2d", "q", q);
  check.shape("q", q, {-1, -1, -1, -1, -1}, kTokenDims);
  const std::vector<int64_t> sizes = concrete_sizes(q);
  check.shape("k", k, sizes, kTokenDims);
  check.range("count", count, 1, sizes[1] * sizes[2]);
  const at::Tensor mass = token_mass.value_or(at::Tensor());
  if (mass.defined()) check_token_mass(check, "q", q, mass, {sizes[0], sizes[1], sizes[2], sizes[3]});
  return {with_contiguous_last_dim(q), with_contiguous_last_dim(k), count, mass, check.scale(scale, sizes[4])};
}

}  // namespace multipole
