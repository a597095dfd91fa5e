// Which vectors lie close together, by the cosine of the angle between them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace multipole {

// Divided by their Euclidean length along dimension 1: (N, D) by rows, (N, C, h, w) by tokens. Zero stays zero.
torch::Tensor unit_vectors(const torch::Tensor& features);

struct Neighbor {
  int64_t index = 0;      // a row of what was searched
  double similarity = 0;  // cosine, -1 to 1; 0 where a vector is zero
};

// For each row of `queries` (Q, D) the k rows of `vectors` (N, D) that are closest to it, all where N is less; the
// closest first, of equal ones the earlier row. float32, finite, on the CPU. Throws ConfigError where k is below
// 1.
std::vector<std::vector<Neighbor>> nearest_neighbors(const torch::Tensor& queries, const torch::Tensor& vectors,
                                                     int64_t k);

struct SimilarPair {
  int64_t first = 0, second = 0;  // rows, first < second
  double similarity = 0;
};

// All pairs of rows of `vectors` (N, D) whose similarity is at least the threshold, the closest first, of equal ones
// the earlier rows. Takes time N^2 and memory for the pairs found. Throws ConfigError for a threshold outside of -1 to
// 1.
std::vector<SimilarPair> similar_pairs(const torch::Tensor& vectors, double threshold);

}  // namespace multipole
