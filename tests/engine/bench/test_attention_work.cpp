#include <gtest/gtest.h>

#include "backbone/multipole/quadtree.h"
#include "engine/bench/attention_work.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// Pair by pair, as the definition says it.
struct CountedPairs {
  double near = 0, far = 0;
};

CountedPairs count_pairs(const MultipoleGrid& grid) {
  const int64_t s = subcells_per_side(grid.rank);
  CountedPairs pairs;
  for (int64_t level = 1; level <= num_far_levels_2d(grid.height, grid.width, grid.cell); ++level) {
    const int64_t rows = level_cells(level, grid.height, grid.cell),
                  columns = level_cells(level, grid.width, grid.cell);
    const int64_t side = level_side(level, grid.cell);
    const auto summaries = [&](int64_t y, int64_t x) {
      double real = 0;
      for (int64_t i = 0; i < s * s; ++i) {
        real += subcell_mass(y * s + i / s, level, grid.cell, s, grid.height) *
                            subcell_mass(x * s + i % s, level, grid.cell, s, grid.width) >
                        0
                    ? 1
                    : 0;
      }
      return real;
    };
    for (int64_t y = 0; y < rows; ++y) {
      for (int64_t x = 0; x < columns; ++x) {
        const double tokens = static_cast<double>((smaller(grid.height, (y + 1) * side) - y * side) *
                                                  (smaller(grid.width, (x + 1) * side) - x * side));
        const double queries = grid.linear ? summaries(y, x) : tokens;
        for_each_interaction_cell(y, x, rows, columns,
                                  [&](int64_t ky, int64_t kx) { pairs.far += queries * summaries(ky, kx); });
      }
    }
  }
  for (int64_t q = 0; q < grid.height * grid.width; ++q) {
    for (int64_t k = 0; k < grid.height * grid.width; ++k) {
      const int64_t qy = q / grid.width / grid.cell, qx = q % grid.width / grid.cell;
      const int64_t ky = k / grid.width / grid.cell, kx = k % grid.width / grid.cell;
      pairs.near += is_near(qy, ky) && is_near(qx, kx) ? 1 : 0;
    }
  }
  return pairs;
}

TEST(AttentionWork, CountsThePairsThatExist) {
  for (int i = 0; i < 40; ++i) {
    MultipoleGrid grid{test::random_int(1, 30), test::random_int(1, 30), test::random_int(1, 5), 1,
                       test::random_int(0, 1) == 1};
    const int64_t s = test::random_int(1, grid.cell);
    grid.rank = s * s;
    SCOPED_TRACE(testing::Message() << grid.height << " x " << grid.width << ", cell " << grid.cell << ", rank "
                                    << grid.rank << (grid.linear ? ", linear" : ""));
    const CountedPairs expected = count_pairs(grid);
    EXPECT_EQ(near_pairs(grid), expected.near);
    EXPECT_EQ(far_pairs(grid), expected.far);
  }
}

TEST(AttentionWork, CountsThePairsOfASequence) {
  for (int i = 0; i < 20; ++i) {
    const int64_t group = test::random_int(1, 6), rank = test::random_int(1, 4), levels = test::random_int(0, 4);
    const int64_t tokens = levels == 0 ? test::random_int(1, 2 * group) : group << (levels + 1);
    SCOPED_TRACE(testing::Message() << tokens << " tokens, group " << group << ", rank " << rank);
    double expected = 0;
    for (int64_t q = 0; q < tokens; ++q) {
      for (int64_t k = 0; k < tokens; ++k) expected += is_near(q / group, k / group) ? 1 : 0;
      for (int64_t level = 1; level <= levels; ++level) {
        const int64_t side = level_side(level, group);
        for (int64_t k = 0; k < tokens / side; ++k) {
          expected += in_interaction_list(q / side, k) ? static_cast<double>(rank) : 0;
        }
      }
    }
    EXPECT_EQ(sequence_pairs(tokens, group, rank), expected);
  }
}

TEST(AttentionWork, SmallGridIsFullAttention) {
  EXPECT_EQ(near_pairs({8, 7, 4, 1, false}), full_pairs(8, 7));
  EXPECT_EQ(far_pairs({8, 7, 4, 1, false}), 0);
}

TEST(AttentionWork, WindowsAreRaggedAtTheEnd) {
  EXPECT_EQ(window_pairs(8, 8, 4), 4 * 16 * 16);
  EXPECT_EQ(window_pairs(5, 4, 4), 16 * 16 + 4 * 4);
}

TEST(AttentionWork, BackwardIsFiveProductsForForwardsTwo) {
  EXPECT_EQ(forward_flops(10, 8), 2.0 * 2 * 8 * 10);
  EXPECT_EQ(backward_flops(10, 8), 5.0 * 2 * 8 * 10);
}

}  // namespace
}  // namespace multipole
