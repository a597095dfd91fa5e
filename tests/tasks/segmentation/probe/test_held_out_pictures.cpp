// No picture is on both sides, and nobody is asked for a class that he could not know.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "base/error.h"
#include "tasks/segmentation/probe/held_out_pictures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

// Each class is in every picture.
Tokens tokens_of(const std::vector<int64_t>& pictures, int64_t each, int64_t classes) {
  const auto places = torch::tensor(pictures, torch::kLong).repeat_interleave(each);
  const auto labels = torch::arange(places.size(0)) % classes;
  return {.features = torch::randn({places.size(0), 2}),
          .targets = torch::one_hot(labels, classes).to(torch::kDouble),
          .pictures = places};
}

TEST(HeldOutPictures, AreWholePictures) {
  std::vector<int64_t> pictures;
  for (int64_t i = 0; i < 10; ++i) pictures.push_back(3 * i + random_int(0, 2));
  const auto tokens = tokens_of(pictures, 6, 3);
  const auto split = hold_out_pictures(tokens, 0.3, 4);
  EXPECT_EQ(split.held_out.size(0), 18);
  EXPECT_EQ(split.seen.size(0), 42);
  const auto seen = tokens.pictures.index_select(0, split.seen),
             held_out = tokens.pictures.index_select(0, split.held_out);
  EXPECT_FALSE(torch::isin(held_out, seen).any().item<bool>());
  EXPECT_TRUE(split.seen.equal(hold_out_pictures(tokens, 0.3, 4).seen));
  bool differs = false;
  for (uint64_t seed = 5; seed < 15; ++seed) differs |= !split.seen.equal(hold_out_pictures(tokens, 0.3, seed).seen);
  EXPECT_TRUE(differs);
}

TEST(HeldOutPictures, AreOneAtLeastAndNeverAll) {
  const auto tokens = tokens_of({4, 9}, 3, 3);
  for (const double share : {0.01, 0.99}) {
    const auto split = hold_out_pictures(tokens, share, 1);
    EXPECT_EQ(split.held_out.size(0), 3);
    EXPECT_EQ(split.seen.size(0), 3);
  }
  EXPECT_THROW(hold_out_pictures(tokens_of({4}, 9, 3), 0.2, 1), InputError);
}

TEST(HeldOutPictures, AClassOfOnePictureIsNotAskedFor) {
  auto tokens = tokens_of({0, 1}, 4, 2);
  tokens.targets =
      torch::constant_pad_nd(tokens.targets, {0, 1});  // a third class, which a token of each picture shows
  for (const int64_t only : {0, 1}) {
    auto some = tokens;
    some.targets = tokens.targets.clone();
    some.targets[4 * only] = torch::tensor({0.5, 0.0, 0.5}, torch::kDouble);
    const auto split = hold_out_pictures(some, 0.5, 1);
    const bool is_held_out = !torch::isin(split.seen, torch::arange(4 * only, 4 * only + 4)).any().item<bool>();
    EXPECT_EQ(split.held_out.size(0), is_held_out ? 3 : 4);
    EXPECT_EQ(split.seen.size(0), 4);
  }
  auto nothing_in_common = tokens_of({0, 1}, 4, 1);
  nothing_in_common.targets = torch::one_hot(nothing_in_common.pictures, 2).to(torch::kDouble);
  EXPECT_EQ(hold_out_pictures(nothing_in_common, 0.5, 1).held_out.size(0), 4) << "all, where none would be left";
}

}  // namespace
}  // namespace multipole
