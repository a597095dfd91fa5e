// Sets of classes as one label.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/formats/label_set.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using Names = std::vector<std::string>;

TEST(LabelSet, ClassesInByteOrderEachOnce) {
  EXPECT_EQ(classes_of_set("dog; cat ;dog;Bee"), (Names{"Bee", "cat", "dog"}));
  EXPECT_EQ(classes_of_set("a cat, really"), Names{"a cat, really"});
  EXPECT_EQ(classes_of_set(""), Names{});
  EXPECT_EQ(classes_of_set(" \t"), Names{});
  EXPECT_EQ(label_set_of({"dog", "cat", "dog"}), "cat;dog");
  EXPECT_EQ(label_set_of({}), "");
  for (const char* text : {"cat;", ";cat", "cat;;dog", "cat; ;dog", ";"}) {
    EXPECT_THROW(classes_of_set(text), ConfigError) << text;
  }
}

TEST(LabelSet, WhatIsWrittenReadsBack) {
  for (int round = 0; round < 20; ++round) {
    Names names;
    for (int64_t i = test::random_int(0, 6); i > 0; --i) {
      names.push_back("class" + std::to_string(test::random_int(0, 9)));
    }
    const auto read = classes_of_set(label_set_of(names));
    EXPECT_EQ(label_set_of(read), label_set_of(names));
    EXPECT_TRUE(std::is_sorted(read.begin(), read.end()));
  }
}

TEST(LabelSet, ARareClassDecidesWhereAPictureIsCut) {
  const Names sets = {"cat;dog", "cat", "", "bee;cat"};
  EXPECT_EQ(classes_of_sets(sets), (Names{"bee", "cat", "dog"}));
  // cat 5 times, dog twice, bee once
  EXPECT_EQ(rarest_classes({0, 1, 2, 3, 0, 1}, sets), (std::vector<int64_t>{2, 1, 3, 0, 2, 1}));
  EXPECT_EQ(rarest_classes({2, 2}, sets), (std::vector<int64_t>{3, 3}));
}

TEST(LabelSet, ANoteOnlyWhereANameLooksLikeASet) {
  EXPECT_EQ(separator_note({"cat", "dog"}), "");
  EXPECT_NE(separator_note({"cat", "cat;dog"}).find("'cat;dog' is one class"), std::string::npos);
}

}  // namespace
}  // namespace multipole
