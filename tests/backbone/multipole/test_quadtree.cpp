// The geometry by counting: near field and interaction lists partition every axis and grid, sub-cells nest.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "backbone/multipole/quadtree.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TEST(Quadtree, FarLevelsFollowTheLogarithm) {
  EXPECT_EQ(num_far_levels(1), 0);
  EXPECT_EQ(num_far_levels(2), 0);
  for (int64_t cells = 3; cells <= 5000; ++cells) {
    const auto expected = static_cast<int64_t>(std::ceil(std::log2(static_cast<double>(cells)))) - 1;
    EXPECT_EQ(num_far_levels(cells), expected) << cells;
  }
}

TEST(Quadtree, CoarsestLevelHasThreeOrFourCells) {
  for (int64_t tokens = 1; tokens <= 300; ++tokens) {
    for (int64_t cell = 1; cell <= 9; ++cell) {
      const int64_t levels = num_far_levels(ceil_div(tokens, cell));
      if (levels == 0) continue;
      const int64_t cells = level_cells(levels, tokens, cell);
      EXPECT_TRUE(cells == 3 || cells == 4) << tokens << " tokens, cell " << cell;
    }
  }
}

// How often each token is seen by one query, near and far, on a grid of any size.
std::vector<int64_t> times_seen(int64_t height, int64_t width, int64_t cell, int64_t query_y, int64_t query_x) {
  std::vector<int64_t> seen(static_cast<size_t>(height * width), 0);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      seen[y * width + x] += is_near(y / cell, query_y / cell) && is_near(x / cell, query_x / cell);
    }
  }
  for (int64_t level = 1; level <= num_far_levels_2d(height, width, cell); ++level) {
    const int64_t side = level_side(level, cell);
    for_each_interaction_cell(query_y / side, query_x / side, level_cells(level, height, cell),
                              level_cells(level, width, cell), [&](int64_t cell_y, int64_t cell_x) {
                                for (int64_t y = cell_y * side; y < smaller(height, (cell_y + 1) * side); ++y) {
                                  for (int64_t x = cell_x * side; x < smaller(width, (cell_x + 1) * side); ++x) {
                                    ++seen[y * width + x];
                                  }
                                }
                              });
  }
  return seen;
}

TEST(Quadtree, EveryTokenCountsOnce) {
  for (int i = 0; i < 60; ++i) {
    const int64_t height = test::random_int(1, 70), width = test::random_int(1, 70), cell = test::random_int(1, 8);
    const int64_t query_y = test::random_int(0, height - 1), query_x = test::random_int(0, width - 1);
    EXPECT_EQ(times_seen(height, width, cell, query_y, query_x), std::vector<int64_t>(height * width, 1))
        << height << " x " << width << ", cell " << cell << ", query " << query_y << " " << query_x;
  }
}

TEST(Quadtree, InteractionListIsWhatItsDefinitionSays) {
  const int64_t cells_y = test::random_int(1, 12), cells_x = test::random_int(1, 12);
  for (int64_t query_y = 0; query_y < cells_y; ++query_y) {
    for (int64_t query_x = 0; query_x < cells_x; ++query_x) {
      int64_t listed = 0, expected = 0;
      for_each_interaction_cell(query_y, query_x, cells_y, cells_x, [&](int64_t y, int64_t x) {
        EXPECT_TRUE(in_interaction_list(query_y, query_x, y, x));
        EXPECT_TRUE(in_interaction_list(y, x, query_y, query_x)) << "the relation is symmetric";
        EXPECT_LT(far_bias_index(y - query_y, x - query_x), kFarBiasSide * kFarBiasSide);
        EXPECT_GE(far_bias_index(y - query_y, x - query_x), 0);
        ++listed;
      });
      for (int64_t y = 0; y < cells_y; ++y) {
        for (int64_t x = 0; x < cells_x; ++x) expected += in_interaction_list(query_y, query_x, y, x);
      }
      EXPECT_EQ(listed, expected);
      EXPECT_LE(listed, 27);
      if (cells_y == 1) {
        EXPECT_LE(listed, 3);
      }
    }
  }
}

TEST(Quadtree, SubcellsTileTheAxisAtEveryLevel) {
  for (int64_t cell = 1; cell <= 9; ++cell) {
    for (int64_t s = 1; s <= cell; ++s) {
      const int64_t tokens = test::random_int(1, 90);
      for (int64_t level = 1; level <= num_far_levels(ceil_div(tokens, cell)) + 1; ++level) {
        int64_t total = 0;
        for (int64_t g = 0; g < level_cells(level, tokens, cell) * s; ++g) {
          total += subcell_mass(g, level, cell, s, tokens);
          EXPECT_GE(subcell_tokens(g, level, cell, s).size(), subcell_mass(g, level, cell, s, tokens));
          EXPECT_EQ(subcell_tokens(g, level + 1, cell, s).begin, subcell_tokens(2 * g, level, cell, s).begin);
        }
        EXPECT_EQ(total, tokens);
        for (int64_t token = 0; token < tokens; ++token) {
          const int64_t g = subcell_of_token(token, level, cell, s);
          EXPECT_TRUE(subcell_tokens(g, level, cell, s).contains(token));
          EXPECT_EQ(g / s, token / level_side(level, cell)) << "a sub-cell lies in its token's cell";
        }
      }
    }
  }
}

TEST(Quadtree, SubcellBoundsAreThoseOfTheDefinition) {
  for (int64_t cell = 1; cell <= 12; ++cell) {
    for (int64_t s = 1; s <= cell; ++s) {
      for (int64_t g = 0; g < 3 * s; ++g) {
        EXPECT_EQ(subcell_tokens(g, 1, cell, s).begin, g / s * cell + (g % s) * cell / s);
      }
    }
  }
}

TEST(Quadtree, RanksArePerfectSquares) {
  EXPECT_EQ(subcells_per_side(0), 0);
  EXPECT_EQ(subcells_per_side(1), 1);
  EXPECT_EQ(subcells_per_side(2), 0);
  EXPECT_EQ(subcells_per_side(9), 3);
  EXPECT_EQ(subcells_per_side(-4), 0);
}

TEST(Quadtree, NearBiasIndexCoversItsTable) {
  for (int64_t cell = 1; cell <= 6; ++cell) {
    const int64_t reach = 2 * cell - 1, side = near_bias_side(cell);
    EXPECT_EQ(near_bias_index(-reach, -reach, cell), 0);
    EXPECT_EQ(near_bias_index(0, 0, cell), side * side / 2);
    EXPECT_EQ(near_bias_index(reach, reach, cell), side * side - 1);
  }
}

}  // namespace
}  // namespace multipole
