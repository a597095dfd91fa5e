// Bias tables in the shape that the kernels read: one vector of lanes for each position of a key.
#pragma once

#include <cstdint>
#include <vector>

namespace multipole::cpu {

// Lanes that a group of `queries` queries takes: whole vectors.
int64_t table_lanes(int64_t queries, int64_t width);

// (heads, 4r-1, 4r-1) -> (heads, 9 r^2 key positions in the 3r x 3r square, lanes): lane = query of the cell in
// row-major order, entries times `factor`, unused lanes zero.
std::vector<float> expand_near_bias(const float* near_bias, int64_t heads, int64_t cell, int64_t width, float factor);

// The transpose of expand_near_bias for one head: adds each (position, lane) of `table` to its entry of near_bias.
void fold_near_table(const float* table, int64_t cell, int64_t width, float* near_bias);

// (heads, 7, 7) or null -> (heads, 36 cells of the parent's 6 x 6 neighbourhood, lanes): lane = child * rank + summary.
// A cell that is a child's own neighbour is masked for that child.
std::vector<float> expand_far_bias(const float* far_bias, int64_t heads, int64_t rank, int64_t width, float factor);

// (heads, 7, 7) or null -> (heads, 7, 7 * rank): what the log-linear variant adds to the score of each summary, the
// bias and the logarithm of its mass, a row of cells side by side. A vector can be read from every entry on.
std::vector<float> sum_far_scores(const float* far_bias, int64_t heads, int64_t rank, float log2_mass);

// The transpose of expand_far_bias for one head.
void fold_group_table(const float* table, int64_t rank, int64_t width, float* far_bias);

}  // namespace multipole::cpu
