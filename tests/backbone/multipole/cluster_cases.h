// Cases of clustered summaries for tests, and their rules as plain loops.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace multipole::test {

struct ClusterCase {
  torch::Tensor k, v, mass;  // mass (B, H, W, heads), or undefined
  int64_t cell, rank, levels, steps = 4;
};

struct ClusterResult {
  std::vector<torch::Tensor> k_far, v_far, far_mass;
  std::vector<torch::Tensor> labels;  // of cluster_with_labels()
};

// Small cells of few channels, a third of the tokens with mass 0.
ClusterCase random_cluster_case(torch::ScalarType dtype, int64_t max_side = 20);

std::string describe(const ClusterCase& c);

ClusterResult cluster(const ClusterCase& c);
ClusterResult cluster_with_labels(const ClusterCase& c);

// A token, or a cluster of the level below, as plain numbers.
struct ClusterPoint {
  std::vector<double> k, v;
  double mass;
  int64_t label;
};

double squared_distance(const std::vector<double>& a, const std::vector<double>& b);

// The points of each cell of a level, of one image and head, with the clusters that they start in: tokens (level 1) or
// the clusters `below`, by cell.
std::vector<std::vector<ClusterPoint>> points_by_cell(const ClusterCase& c, int64_t level, int64_t b, int64_t h,
                                                      const std::vector<std::vector<ClusterPoint>>& below);

// The clusters' means and masses.
std::vector<ClusterPoint> means_of(const std::vector<ClusterPoint>& points, int64_t rank, size_t dim);

// The clusters of a cell, by the rules of op.h for keys that are distinct.
struct LoopClusters {
  std::vector<ClusterPoint> clusters;
  double margin;  // two distances that were compared differed by at least so much
};
LoopClusters cluster_by_loops(std::vector<ClusterPoint> points, int64_t rank, int64_t steps, size_t dim);

// (head_dim) -> numbers
std::vector<double> numbers(const torch::Tensor& row);

}  // namespace multipole::test
