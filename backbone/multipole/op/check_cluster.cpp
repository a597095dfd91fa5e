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

void check_cluster2d_backward(const Cluster2dArgs& args, at::TensorList d_k_far, at::TensorList d_v_far,
                              at::TensorList d_far_mass) {
  const ArgumentChecker check("_cluster2d_backward", "k", args.k);
  const ArgumentChecker check_mass = check.with_dtype(mass_dtype(args.k.scalar_type()), "that of masses");
  const std::vector<int64_t> k = concrete_sizes(args.k);
  for (const auto& [name, list] : {std::pair{"d_k_far", d_k_far}, {"d_v_far", d_v_far}, {"d_far_mass", d_far_mass}}) {
    check.length(name, list, args.num_levels, "num_levels");
  }
  for (int64_t i = 0; i < args.num_levels; ++i) {
    std::vector<int64_t> sizes = {
        k[0], level_cells(i + 1, k[1], args.cell), level_cells(i + 1, k[2], args.cell), args.rank, k[3], k[4]};
    const auto l = static_cast<size_t>(i);
    check.shape(element_name("d_k_far", i), d_k_far[l], sizes, "(B, Hl, Wl, rank, heads, head_dim)");
    check.shape(element_name("d_v_far", i), d_v_far[l], sizes, "(B, Hl, Wl, rank, heads, head_dim)");
    sizes.pop_back();
    check_mass.shape(element_name("d_far_mass", i), d_far_mass[l], sizes, "(B, Hl, Wl, rank, heads)");
  }
}

double check_hot_tokens2d(const at::Tensor& q, const at::Tensor& k, int64_t count,
                          const std::optional<at::Tensor>& token_mass, std::optional<double> scale) {
  const ArgumentChecker check("hot_tokens2d", "q", q);
  check.shape("q", q, {-1, -1, -1, -1, -1}, kTokenDims);
  const std::vector<int64_t> sizes = concrete_sizes(q);
  check.shape("k", k, sizes, kTokenDims);
  check.range("count", count, 1, sizes[1] * sizes[2]);
  if (token_mass.has_value() && token_mass->defined()) {
    check_token_mass(check, "q", q, *token_mass, {sizes[0], sizes[1], sizes[2], sizes[3]});
  }
  return check.scale(scale, sizes[4]);
}

}  // namespace multipole
