// What every training says of its data.
#include <gtest/gtest.h>

#include "engine/training/data_loading.h"

namespace multipole {
namespace {

TEST(ClassCounts, FewAreNamedAndOfManyTheFirst) {
  EXPECT_EQ(class_counts_text({"cat", "dog", "fox"}, {0, 1, 1, 0, 0}), "classes: cat (3 pictures), dog (2), fox (0)");
  std::vector<std::string> names;
  std::vector<int64_t> places;
  for (int64_t i = 0; i < 10; ++i) {
    names.push_back("c" + std::to_string(i));
    for (int64_t j = 0; j <= i; ++j) places.push_back(i);
  }
  EXPECT_EQ(class_counts_text(names, places),
            "classes: c0 (1 pictures), c1 (2), c2 (3), c3 (4), c4 (5), c5 (6), c6 (7), c7 (8) and 2 more, from 1 to 10 "
            "pictures a class");
}

}  // namespace
}  // namespace multipole
