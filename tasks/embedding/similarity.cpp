#include "tasks/embedding/similarity.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/fields.h"

namespace multipole {
namespace {

constexpr int64_t kRowsAtATime = 1024;  // of a block of similarities, which has N columns
constexpr double kSmallest = 1e-30;     // divides what is zero

double bounded(float cosine) { return std::clamp(static_cast<double>(cosine), -1.0, 1.0); }

std::vector<Neighbor> closest(const float* similarity, int64_t count, int64_t k) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto middle = order.begin() + std::min(k, count);
  std::partial_sort(order.begin(), middle, order.end(), [&](int64_t a, int64_t b) {
    return std::tuple(-similarity[a], a) < std::tuple(-similarity[b], b);
  });
  std::vector<Neighbor> found;
  for (auto index = order.begin(); index != middle; ++index) found.push_back({*index, bounded(similarity[*index])});
  return found;
}

}  // namespace

torch::Tensor unit_vectors(const torch::Tensor& features) {
  return features / features.norm(2, {1}, /*keepdim=*/true).clamp_min(kSmallest);
}

std::vector<std::vector<Neighbor>> nearest_neighbors(const torch::Tensor& queries, const torch::Tensor& vectors,
                                                     int64_t k) {
  require(k >= 1, "k", "must be at least 1", k);
  const torch::NoGradGuard no_grad;
  const auto rows = unit_vectors(queries), columns = unit_vectors(vectors).t();
  std::vector<std::vector<Neighbor>> all;
  for (int64_t begin = 0; begin < rows.size(0); begin += kRowsAtATime) {
    const auto block = rows.slice(0, begin, begin + kRowsAtATime).mm(columns).contiguous();
    for (int64_t i = 0; i < block.size(0); ++i) {
      all.push_back(closest(block.data_ptr<float>() + i * block.size(1), block.size(1), k));
    }
  }
  return all;
}

std::vector<SimilarPair> similar_pairs(const torch::Tensor& vectors, double threshold) {
  require(threshold >= -1 && threshold <= 1, "threshold", "must be from -1 to 1", threshold);
  const torch::NoGradGuard no_grad;
  const auto rows = unit_vectors(vectors);
  std::vector<SimilarPair> pairs;
  for (int64_t begin = 0; begin < rows.size(0); begin += kRowsAtATime) {
    const auto block = rows.slice(0, begin, begin + kRowsAtATime).mm(rows.slice(0, begin).t()).contiguous();
    const auto similarity = block.accessor<float, 2>();
    for (int64_t i = 0; i < block.size(0); ++i) {
      for (int64_t j = i + 1; j < block.size(1); ++j) {
        if (bounded(similarity[i][j]) >= threshold) pairs.push_back({begin + i, begin + j, bounded(similarity[i][j])});
      }
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const SimilarPair& a, const SimilarPair& b) {
    return std::tuple(-a.similarity, a.first, a.second) < std::tuple(-b.similarity, b.first, b.second);
  });
  return pairs;
}

}  // namespace multipole
