// What every training says of its data.
#include <gtest/gtest.h>

#include "engine/training/data_loading.h"

namespace multipole {
namespace {

TEST(ClassCounts, FewAreNamedAndOfManyTheFirst) {
  EXPECT_EQ(class_counts_text({"cat", "dog", "fox"}, {0, 1, 1, 0, 0}), "classes: cat (3 pictures), dog (2), fox (0)");
  const std::vector<std::string> names = {"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"};
  std::vector<int64_t> places;
  for (int64_t i = 0; i < 10; ++i) places.insert(places.end(), static_cast<size_t>(i) + 1, i);
  EXPECT_EQ(class_counts_text(names, places),
            "classes: c0 (1 pictures), c1 (2), c2 (3), c3 (4), c4 (5), c5 (6), c6 (7), c7 (8) and 2 more, from 1 to 10 "
            "pictures a class");
}

}  // namespace
}  // namespace multipole
