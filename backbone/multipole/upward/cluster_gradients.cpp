#include "backbone/multipole/upward/cluster_gradients.h"

#include <ATen/ATen.h>

#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/quadtree.h"
#include "backbone/multipole/upward/token_mass.h"

namespace multipole {
namespace {

// Gradients of the sums over each cluster's tokens of mass * key, of mass * value and of mass. With fixed members a
// cluster of any level is made of these sums, so the gradients go down from each cluster to its members.
struct SumGradients {
  at::Tensor k, v;  // (B, Y, X, entries, heads, d)
  at::Tensor mass;  // (B, Y, X, entries, heads, 1); undefined where no mass wants its gradient

  SumGradients plus(const SumGradients& other) const {
    return {k + other.k, v + other.v, mass.defined() ? mass + other.mass : mass};
  }
};

// What each site's cluster has: clusters (B, rows, columns, p, heads, d), labels (B, Y, X, entries, heads).
class MembersOf {
 public:
  MembersOf(const at::Tensor& labels, const at::Tensor& clusters, int64_t side) : sizes_(labels.sizes().vec()) {
    const auto axis = [&](int64_t dim, int64_t divisor) {
      std::vector<int64_t> shape(5, 1);
      shape[static_cast<size_t>(dim)] = -1;
      return at::arange(labels.size(dim), labels.options().dtype(at::kLong)).floor_divide(divisor).view(shape);
    };
    const at::Tensor cells = (axis(0, 1) * clusters.size(1) + axis(1, side)) * clusters.size(2) + axis(2, side);
    rows_ = ((cells * clusters.size(3) + labels) * clusters.size(4) + axis(4, 1)).flatten();
  }

  at::Tensor operator()(const at::Tensor& clusters) const {
    std::vector<int64_t> sizes = sizes_;
    sizes.push_back(clusters.size(5));
    return clusters.reshape({-1, clusters.size(5)}).index_select(0, rows_).view(sizes);
  }

 private:
  std::vector<int64_t> sizes_;
  at::Tensor rows_;
};

SumGradients of_members(const SumGradients& clusters, const at::Tensor& labels, int64_t side) {
  const MembersOf members(labels, clusters.k, side);
  return {members(clusters.k), members(clusters.v), clusters.mass.defined() ? members(clusters.mass) : clusters.mass};
}

// What the gradients of one level's clusters are to its own sums.
SumGradients of_level(const Clusters2d& clusters, const Clusters2d& d_clusters, size_t l, bool with_mass) {
  const at::ScalarType dtype = clusters.far_mass[l].scalar_type();
  const at::Tensor mass = clusters.far_mass[l].exp().unsqueeze(5), none = mass.eq(0);
  const at::Tensor d_k = d_clusters.k_far[l].to(dtype), d_v = d_clusters.v_far[l].to(dtype);
  // a cluster that stands for nothing has no gradient, and far_mass = -infinity may bring NaN from a softmax
  SumGradients own = {(d_k / mass).masked_fill_(none, 0), (d_v / mass).masked_fill_(none, 0), {}};
  if (with_mass) {
    const at::Tensor of_means = (d_k * clusters.k_far[l] + d_v * clusters.v_far[l]).sum(5, true);
    own.mass = ((d_clusters.far_mass[l].unsqueeze(5) - of_means) / mass).masked_fill_(none, 0);
  }
  return own;
}

}  // namespace

Cluster2dGrads cluster2d_gradients(const Cluster2dArgs& args, const Clusters2d& clusters,
                                   const Clusters2d& d_clusters) {
  const bool with_mass = args.token_mass.defined();
  SumGradients d_sums;
  for (size_t l = clusters.labels.size(); l-- > 0;) {
    const SumGradients own = of_level(clusters, d_clusters, l, with_mass);
    const SumGradients all = d_sums.k.defined() ? own.plus(d_sums) : own;
    const at::Tensor& labels = clusters.labels[l];
    d_sums = l == 0 ? of_members(all, labels.unsqueeze(3), args.cell) : of_members(all, labels, 2);
  }
  at::Tensor d_k = d_sums.k.squeeze(3), d_v = d_sums.v.squeeze(3);
  Cluster2dGrads grads;
  if (with_mass) {
    const at::Tensor& given = args.token_mass;
    const at::Tensor mass = (given.dim() == 3 ? given.unsqueeze(3) : given).unsqueeze(4);
    const at::Tensor taken_out = is_taken_out(mass);
    grads.token_mass = ((d_k * args.k + d_v * args.v).sum(4, true) + d_sums.mass.squeeze(3)).masked_fill_(taken_out, 0);
    grads.token_mass = grads.token_mass.squeeze(4);
    if (given.dim() == 3) grads.token_mass = grads.token_mass.sum(3);
    d_k = d_k.mul_(mass).masked_fill_(taken_out, 0);
    d_v = d_v.mul_(mass).masked_fill_(taken_out, 0);
  }
  grads.k = d_k.to(args.k.scalar_type());
  grads.v = d_v.to(args.v.scalar_type());
  return grads;
}

}  // namespace multipole
