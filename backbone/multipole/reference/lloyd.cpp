#include "backbone/multipole/reference/lloyd.h"

#include <ATen/ATen.h>

#include <limits>
#include <tuple>
#include <utility>

namespace multipole::reference {
namespace {

constexpr int64_t kDifferencesOnly = 2;  // cdist: no expanded squares, which would cancel

// (N, m, d) and (N, p, d) -> (N, m, p)
at::Tensor distances(const at::Tensor& points, const at::Tensor& centers) {
  return at::cdist(points, centers, 2, kDifferencesOnly);
}

// (N, 1): distances that differ by less are alike, so that equal points, and means of equal points, stay together.
at::Tensor rounding(const at::Tensor& points) {
  const double epsilon = points.scalar_type() == at::kDouble ? std::numeric_limits<double>::epsilon()
                                                             : std::numeric_limits<float>::epsilon();
  return points.norm(2, 2).amax(1, true) * (32 * epsilon);
}

at::Tensor nearest(const at::Tensor& points, const Clustering& clustering) {
  const double infinity = std::numeric_limits<double>::infinity();
  const at::Tensor distance =
      distances(points, clustering.means(points)).masked_fill(clustering.mass().eq(0).unsqueeze(1), infinity);
  const at::Tensor least = distance.amin(2, true) + rounding(points).unsqueeze(2);
  return distance.le(least).to(at::kByte).argmax(2);
}

// One cluster without mass of each set that has one takes over the farthest point.
at::Tensor split_once(const at::Tensor& points, const at::Tensor& mass, const Clustering& clustering) {
  const at::Tensor empty = clustering.mass().eq(0);
  const at::Tensor index = clustering.labels().unsqueeze(2).expand_as(points);
  const at::Tensor own = (points - clustering.means(points).gather(1, index)).norm(2, 2).masked_fill(mass.eq(0), -1);
  const auto [farthest, place] = own.max(1, true);
  const at::Tensor center = points.gather(1, place.unsqueeze(2).expand({-1, -1, points.size(2)}));
  const at::Tensor tolerance = rounding(points), away = farthest > tolerance;
  const at::Tensor moves = (distances(points, center).squeeze(2) + tolerance).le(own) & away & empty.any(1, true);
  return at::where(moves, empty.to(at::kLong).argmax(1, true), clustering.labels());
}

}  // namespace

Clustering::Clustering(at::Tensor labels, const at::Tensor& mass, int64_t clusters) : labels_(std::move(labels)) {
  const at::Tensor member = labels_.unsqueeze(1).eq(at::arange(clusters, labels_.options()).view({1, -1, 1}));
  weights_ = at::where(member, mass.unsqueeze(1), at::zeros({}, mass.options()));
  mass_ = weights_.sum(2);
}

at::Tensor Clustering::means(const at::Tensor& points) const {
  return (weights_.bmm(points) / mass_.unsqueeze(2)).masked_fill(mass_.eq(0).unsqueeze(2), 0);
}

Clustering lloyd(const at::Tensor& points, const at::Tensor& mass, const at::Tensor& labels, int64_t clusters,
                 int64_t steps) {
  Clustering clustering(labels, mass, clusters);
  if (steps == 0) return clustering;
  for (int64_t step = 0; step < steps; ++step) clustering = Clustering(nearest(points, clustering), mass, clusters);
  for (int64_t split = 1; split < clusters && clustering.mass().eq(0).any().item<bool>(); ++split) {
    clustering = Clustering(split_once(points, mass, clustering), mass, clusters);
  }
  return clustering;
}

}  // namespace multipole::reference
