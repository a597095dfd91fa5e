#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "apps/segment/picture_failure.h"
#include "base/error.h"
#include "tasks/segmentation/inference/inference_plan.h"

namespace multipole {
namespace {

TEST(PictureFailure, WhatWouldMeetTheNextPictureTooIsNotThePictures) {
  EXPECT_FALSE(picture_failure(ConfigError("--tile 3"), "a.png"));
  EXPECT_FALSE(picture_failure(ModelFileError("model"), "a.png"));
  EXPECT_FALSE(picture_failure(ResourceError("the disk is full"), "a.png"));
}

TEST(PictureFailure, NamesThePictureOnce) {
  const auto known = picture_failure(InputError("in/a.png: cut short"), "in/a.png");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->message, "in/a.png: cut short");
  EXPECT_TRUE(known->is_input);
  const auto internal = picture_failure(std::logic_error("expected two, got three"), "in/a.png");
  ASSERT_TRUE(internal);
  EXPECT_EQ(internal->message, "in/a.png: expected two, got three");
  EXPECT_FALSE(internal->is_input);
  EXPECT_FALSE(internal->is_memory);
}

TEST(PictureFailure, MemoryIsThePicturesOwnAndSaysSo) {
  EXPECT_TRUE(picture_failure(MemoryLimitError("a picture of 9 x 9"), "a.png")->is_memory);
  EXPECT_TRUE(picture_failure(std::bad_alloc(), "a.png")->is_memory);
}

TEST(PictureFailureCounts, CountWhatCouldNotBeReadApart) {
  PictureFailures failures;
  EXPECT_EQ(failures.exit_code(4), kExitDone);
  EXPECT_EQ(failures.summary(4), "");
  failures.add(*picture_failure(InputError("a.png: cut short"), "a.png"));
  failures.add(*picture_failure(InputError("b.png: cut short"), "b.png"));
  EXPECT_EQ(failures.summary(4), "2 of 4 inputs could not be read");
  EXPECT_EQ(failures.exit_code(4), kExitSomeBad);
  failures.add(*picture_failure(MemoryLimitError("too large"), "c.png"));
  EXPECT_EQ(failures.summary(4), "2 of 4 inputs could not be read\n1 of 4 inputs failed");
  EXPECT_EQ(failures.exit_code(4), kExitSomeBad);
}

TEST(PictureFailureCounts, MemoryIsTheReasonWhereItHeldNone) {
  PictureFailures failures;
  failures.add(*picture_failure(MemoryLimitError("too large"), "a.png"));
  EXPECT_EQ(failures.exit_code(1), kExitResources);
  EXPECT_EQ(failures.exit_code(2), kExitSomeBad) << "the other was done";
}

}  // namespace
}  // namespace multipole
