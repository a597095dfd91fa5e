// How much work an attention over a grid is: pairs of a query and a key that exist, for one head of one image.
// Cells at the border have fewer neighbours and ragged cells fewer tokens; nothing is counted for what is not there.
#pragma once

#include <cstdint>

namespace multipole {

struct MultipoleGrid {
  int64_t height = 1, width = 1;  // tokens
  int64_t cell = 4;               // tokens along each side of a finest cell
  int64_t rank = 1;               // summaries a cell
  bool linear = false;            // far queries are summaries too
};

// Tokens of the 3 x 3 cells around each query's own.
double near_pairs(const MultipoleGrid& grid);

// Summaries of every level's interaction lists. Linear variant: the queries are the summaries of that level, and the
// result of one is shared by its tokens.
double far_pairs(const MultipoleGrid& grid);

// 1D attention over groups of `group` tokens, each seen from afar through `rank` summaries: near and far together.
double sequence_pairs(int64_t tokens, int64_t group, int64_t rank);

double full_pairs(int64_t height, int64_t width);

// Windows of window x window tokens that do not overlap, the last ones ragged.
double window_pairs(int64_t height, int64_t width, int64_t window);

// Floating-point operations of `pairs`, 2 a multiply-add. Forward: the products with K and with V. Backward: again the
// scores, and the gradients of P, Q, K and V. The exponentials are left out, as is the custom.
double forward_flops(double pairs, int64_t head_dim);
double backward_flops(double pairs, int64_t head_dim);

}  // namespace multipole
