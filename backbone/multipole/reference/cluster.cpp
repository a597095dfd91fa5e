#include "backbone/multipole/reference/cluster.h"

#include <ATen/ATen.h>

#include <utility>

#include "backbone/multipole/quadtree.h"
#include "backbone/multipole/reference/compute_dtype.h"
#include "backbone/multipole/reference/lloyd.h"
#include "backbone/multipole/upward/token_mass.h"

namespace multipole::reference {
namespace {

// Sites (B, Y, X, entries, heads, d) by cell, (B * heads * rows * columns, side * side * entries, d), zeros beyond the
// grid: the points of one cell and head.
at::Tensor sites_to_points(const at::Tensor& sites, int64_t side) {
  const int64_t rows = ceil_div(sites.size(1), side), columns = ceil_div(sites.size(2), side);
  return at::constant_pad_nd(sites,
                             {0, 0, 0, 0, 0, 0, 0, columns * side - sites.size(2), 0, rows * side - sites.size(1)})
      .reshape({sites.size(0), rows, side, columns, side, sites.size(3), sites.size(4), sites.size(5)})
      .permute({0, 6, 1, 3, 2, 4, 5, 7})
      .reshape({-1, side * side * sites.size(3), sites.size(5)});
}

// Its inverse for sites of `shape`.
at::Tensor points_to_sites(const at::Tensor& cells, at::IntArrayRef shape, int64_t side) {
  const int64_t rows = ceil_div(shape[1], side), columns = ceil_div(shape[2], side);
  return cells.reshape({shape[0], shape[4], rows, columns, side, side, shape[3], shape[5]})
      .permute({0, 2, 4, 3, 5, 6, 1, 7})
      .reshape({shape[0], rows * side, columns * side, shape[3], shape[4], shape[5]})
      .slice(1, 0, shape[1])
      .slice(2, 0, shape[2]);
}

// The sites that one level's clusters are made of: tokens (one entry) or the clusters of the level below.
struct Sites {
  at::Tensor k, v;  // (B, Y, X, entries, heads, d)
  at::Tensor mass;  // (B, Y, X, entries, heads, 1)
};

struct Level {
  Sites clusters;
  at::Tensor labels;  // (B, Y, X, entries, heads), of the sites below
};

// The sub-cell that each token of a cell lies in.
at::Tensor token_labels(const Cluster2dArgs& args) {
  const int64_t side = subcells_per_side(args.rank);
  at::Tensor labels = at::empty({args.cell, args.cell}, at::kLong);
  int64_t* out = labels.data_ptr<int64_t>();
  for (int64_t y = 0; y < args.cell; ++y) {
    for (int64_t x = 0; x < args.cell; ++x) {
      *out++ = subcell_of_token(y, 1, args.cell, side) * side + subcell_of_token(x, 1, args.cell, side);
    }
  }
  return labels.flatten().to(args.k.device());
}

class Hierarchy {
 public:
  explicit Hierarchy(const Cluster2dArgs& args) : args_(args) {
    const at::Tensor k = to_compute(args.k).unsqueeze(3), v = to_compute(args.v).unsqueeze(3);
    at::Tensor mass = args.token_mass;
    if (!mass.defined()) mass = at::ones({k.size(0), k.size(1), k.size(2), 1}, k.options());
    if (mass.dim() == 3) mass = mass.unsqueeze(3);
    mass = mass.expand({-1, -1, -1, k.size(4)}).unsqueeze(3).unsqueeze(5);
    const at::Tensor taken_out = is_taken_out(mass);
    const Sites tokens = {k.masked_fill(taken_out, 0), v.masked_fill(taken_out, 0), mass.masked_fill(taken_out, 0)};
    const at::Tensor child_labels = at::arange(4 * args.rank, k.options().dtype(at::kLong)).floor_divide(4);
    for (int64_t level = 1; level <= args.num_levels; ++level) {
      levels_.push_back(level == 1 ? make_level(tokens, args.cell, token_labels(args))
                                   : make_level(levels_.back().clusters, 2, child_labels));
    }
  }

  Clusters2d clusters() const {
    Clusters2d result;
    for (const Level& level : levels_) {
      result.k_far.push_back(level.clusters.k);
      result.v_far.push_back(level.clusters.v);
      result.far_mass.push_back(level.clusters.mass.squeeze(5).log());
      result.labels.push_back(result.labels.empty() ? level.labels.squeeze(3) : level.labels);
    }
    return result;
  }

 private:
  Level make_level(const Sites& sites, int64_t side, const at::Tensor& start) const {
    const at::Tensor k = sites_to_points(sites.k, side), mass = sites_to_points(sites.mass, side).squeeze(2);
    const Clustering clustering = lloyd(k, mass, start.expand({k.size(0), -1}), args_.rank, args_.num_steps);
    const int64_t rows = ceil_div(sites.k.size(1), side), columns = ceil_div(sites.k.size(2), side);
    // (cells, p, d) -> (B, Hl, Wl, p, heads, d)
    const auto to_sites = [&](const at::Tensor& clusters) {
      return points_to_sites(clusters, {sites.k.size(0), rows, columns, args_.rank, sites.k.size(4), clusters.size(2)},
                             1);
    };
    std::vector<int64_t> one_each = sites.k.sizes().vec();
    one_each.back() = 1;
    return {{to_sites(clustering.means(k)), to_sites(clustering.means(sites_to_points(sites.v, side))),
             to_sites(clustering.mass().unsqueeze(2))},
            points_to_sites(clustering.labels().to(at::kInt).unsqueeze(2), one_each, side).squeeze(5)};
  }

  const Cluster2dArgs& args_;
  std::vector<Level> levels_;
};

}  // namespace

Clusters2d cluster2d_forward(const Cluster2dArgs& args) { return Hierarchy(args).clusters(); }

}  // namespace multipole::reference
