// Weighted k-means of many small sets of points at once.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace multipole::reference {

// The members of clusters, and sums over them: N sets of m points, p clusters each.
class Clustering {
 public:
  // labels (N, m) int64 in [0, p), mass (N, m), 0 for points that are not there.
  Clustering(at::Tensor labels, const at::Tensor& mass, int64_t clusters);

  const at::Tensor& labels() const { return labels_; }
  const at::Tensor& mass() const { return mass_; }  // (N, p)
  // points (N, m, d) -> means by mass (N, p, d), 0 for clusters without mass.
  at::Tensor means(const at::Tensor& points) const;

 private:
  at::Tensor labels_, weights_;  // weights_: (N, p, m)
  at::Tensor mass_;
};

// `steps` Lloyd steps from `labels`: a point goes to the nearest mean among clusters with mass, the lowest index where
// several are as near. After the last one a cluster without mass takes the point farthest from its own mean and those
// that are nearer to it than to their means, as long as some point is away from its mean (by more than rounding). No
// cluster loses its last member by that, since a mean is where the sum of squared distances is least. No steps: labels.
Clustering lloyd(const at::Tensor& points, const at::Tensor& mass, const at::Tensor& labels, int64_t clusters,
                 int64_t steps);

}  // namespace multipole::reference
