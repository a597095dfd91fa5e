#include <gtest/gtest.h>
#include <torch/cuda.h>

#include "engine/runtime/device_feed.h"
#include "tests/engine/training/toy_run.h"

namespace multipole {
namespace {

void expect_batches_of_the_loader(torch::Device device) {
  const auto plain = test::toy_loader(13, 4, 3, /*shuffle=*/true), fed = test::toy_loader(13, 4, 3, /*shuffle=*/true);
  DeviceFeed feed(*fed, device);
  for (const int64_t first_batch : {0, 2, 0}) {
    plain->start_epoch(1, first_batch);
    feed.start_epoch(1, first_batch);
    while (const auto expected = plain->next()) {
      const auto actual = feed.next();
      ASSERT_TRUE(actual);
      EXPECT_EQ(actual->indices, expected->indices);
      EXPECT_EQ(actual->images.device().type(), device.type());
      EXPECT_TRUE(torch::equal(actual->images.to(torch::kCPU), expected->images));
      EXPECT_TRUE(torch::equal(actual->labels, expected->labels));
    }
    EXPECT_FALSE(feed.next());
  }
  feed.start_epoch(0);
  EXPECT_TRUE(feed.next());  // and leaves the rest of the epoch
}

TEST(DeviceFeed, Cpu) { expect_batches_of_the_loader(torch::kCPU); }

TEST(DeviceFeed, Cuda) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "this machine or build has no CUDA device";
  expect_batches_of_the_loader(torch::Device(torch::kCUDA, 0));
}

}  // namespace
}  // namespace multipole
