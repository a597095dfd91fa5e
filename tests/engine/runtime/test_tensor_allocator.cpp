#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "engine/runtime/allocator.h"
#include "engine/runtime/block_pool.h"
#include "engine/runtime/out_of_memory.h"
#include "engine/runtime/tensor_allocator.h"
#include "engine/runtime/tensor_memory.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

class TensorAllocator : public ::testing::TestWithParam<size_t> {
 protected:
  static void SetUpTestSuite() { reuse_tensor_memory(); }
  void SetUp() override { keep_tensor_memory(GetParam()); }
  void TearDown() override { keep_tensor_memory(0); }
};

// Without blocks that are kept, and with some.
INSTANTIATE_TEST_SUITE_P(Kept, TensorAllocator, ::testing::Values(size_t{0}, size_t{8} << 20));

TEST_P(TensorAllocator, GivesAlignedMemoryThatHoldsWhatIsWritten) {
  std::vector<torch::Tensor> tensors;
  for (int64_t i = 0; i < 60; ++i) {
    const int64_t size = i < 20 ? i : test::random_int(1, 3000000);
    tensors.push_back(torch::full({size}, i, torch::kUInt8));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensors.back().data_ptr()) % 64, 0u) << size << " bytes";
    if (i % 3 == 0) tensors.erase(tensors.begin() + test::random_int(0, static_cast<int64_t>(tensors.size()) - 1));
  }
  for (const auto& tensor : tensors) {
    if (tensor.numel() > 0) {
      EXPECT_TRUE(tensor.eq(tensor[0]).all().item<bool>());
    }
  }
}

TEST_P(TensorAllocator, TensorsGrowAndAreCloned) {
  auto tensor = torch::arange(100);
  const auto clone = tensor.clone();
  tensor.resize_({400000});
  EXPECT_TRUE(tensor.narrow(0, 0, 100).equal(clone));
}

TEST_P(TensorAllocator, IsSeenByThoseWhoCountMemory) {
  const int64_t bytes = test::random_int(1000, 1 << 23);
  EXPECT_EQ(peak_tensor_bytes([&] {
              torch::empty({bytes}, torch::kUInt8);
              torch::empty({bytes / 2}, torch::kUInt8);
            }),
            bytes);
}

TEST_P(TensorAllocator, LargeBlocksComeAgainWhereTheyAreKept) {
  const int64_t bytes = test::random_int(int64_t{1} << 20, int64_t{6} << 20);
  const void* const first = torch::empty({bytes}, torch::kUInt8).data_ptr();
  EXPECT_EQ(tensor_blocks().bytes_kept() > 0, GetParam() > 0);
  if (GetParam() == 0) return;
  EXPECT_EQ(torch::empty({bytes}, torch::kUInt8).data_ptr(), first);
  const auto tensor = torch::empty({bytes}, torch::kUInt8);
  keep_tensor_memory(0);  // while it is in use
  EXPECT_EQ(tensor.fill_(3).sum().item<int64_t>(), 3 * bytes);
}

TEST_P(TensorAllocator, TooMuchIsAFailureOfMemory) {
  try {
    torch::empty({int64_t{1} << 46}, torch::kDouble);  // 512 TiB
    FAIL() << "nobody has that much";
  } catch (const std::exception& error) {
    EXPECT_TRUE(is_out_of_memory(error)) << error.what();
  }
}

}  // namespace
}  // namespace multipole
