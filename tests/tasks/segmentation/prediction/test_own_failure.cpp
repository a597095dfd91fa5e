#include <gtest/gtest.h>

#include <climits>
#include <stdexcept>
#include <string>

#include "base/error.h"
#include "tasks/segmentation/inference/inference_plan.h"
#include "tasks/segmentation/prediction/each_picture.h"

namespace multipole {
namespace {

bool none_is_large(size_t) { return false; }

struct Told {
  int value = 0;
  std::string error;
};

TEST(OwnFailure, IsWhatTheNextPictureWouldNotMeet) {
  EXPECT_TRUE(is_own_failure(InputError("cut short")));
  EXPECT_TRUE(is_own_failure(MemoryLimitError("too large")));
  EXPECT_TRUE(is_own_failure(Error("no answer")));
  EXPECT_TRUE(is_own_failure(std::logic_error("a defect")));
  EXPECT_FALSE(is_own_failure(ConfigError("tile")));
  EXPECT_FALSE(is_own_failure(ModelFileError("model")));
  EXPECT_FALSE(is_own_failure(ResourceError("the disk is full")));
}

TEST(EachPicture, TellsOwnFailuresAndGoesOn) {
  const auto results = each_picture<Told>(3, none_is_large, INT_MAX, [](size_t i) {
    if (i == 1) throw InputError("cut short");
    return Told{static_cast<int>(i), {}};
  });
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].error + results[2].error, "");
  EXPECT_EQ(results[1].error, "cut short");
  EXPECT_EQ(results[2].value, 2);
}

TEST(EachPicture, ThrowsWhatIsNoPicturesOwn) {
  EXPECT_THROW(each_picture<Told>(2, none_is_large, INT_MAX, [](size_t) -> Told { throw ResourceError("memory"); }),
               ResourceError);
  EXPECT_THROW(
      each_picture<Told>(2, none_is_large, INT_MAX, [](size_t) -> Told { throw std::logic_error("a defect"); }),
      std::logic_error);
}

}  // namespace
}  // namespace multipole
