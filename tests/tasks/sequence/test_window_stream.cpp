#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tasks/sequence/window_stream.h"
#include "tests/support/random_source.h"
#include "tests/tasks/sequence/small_text.h"

namespace multipole {
namespace {

using test::text_of;

TEST(ByteTextTest, WindowsCoverTheTextOnce) {
  const ByteText text = text_of("abcdefghijk");
  EXPECT_EQ(text.head(0.3).size(), 8);
  EXPECT_EQ(text.tail(0.3).size(), 3);
  std::string seen, next;
  for (int64_t first = 0; first < 4; ++first) {
    const auto windows = text.windows_from(first, 1, 4);
    if (!windows.inputs.defined()) break;
    for (int64_t i = 0; i < windows.inputs.size(1); ++i) {
      seen.push_back(static_cast<char>(windows.inputs[0][i].item<int64_t>()));
      next.push_back(static_cast<char>(windows.targets[0][i].item<int64_t>()));
    }
  }
  EXPECT_EQ(seen, "abcdefghij");
  EXPECT_EQ(next, "bcdefghijk");
  EXPECT_EQ(text.windows_from(0, 9, 4).inputs.size(0), 2);
}

std::vector<Batch> epoch_of(WindowStream& stream, int64_t epoch, int64_t first_batch = 0) {
  stream.start_epoch(epoch, first_batch);
  std::vector<Batch> batches;
  while (auto batch = stream.next()) batches.push_back(std::move(*batch));
  return batches;
}

TEST(WindowStreamTest, WindowsAreOfTheTextAndKeyedByTheStep) {
  std::string text;
  for (int64_t i = 0; i < test::random_int(60, 300); ++i) text += static_cast<char>(test::random_int(0, 255));
  const int64_t length = test::random_int(1, 40), batch_size = test::random_int(1, 9);
  const WindowOptions options{.length = length, .batch_size = batch_size, .num_batches = 4, .seed = 5};
  WindowStream stream(text_of(text), options);
  const auto batches = epoch_of(stream, 1);
  ASSERT_EQ(batches.size(), 4u);
  EXPECT_NE(batches[0].indices, batches[1].indices);
  for (const auto& batch : batches) {
    ASSERT_EQ(batch.windows.sizes(), (std::vector<int64_t>{batch_size, length + 1}));
    for (int64_t i = 0; i < batch_size; ++i) {
      for (int64_t j = 0; j <= length; ++j) {
        const auto at = static_cast<size_t>(batch.indices[static_cast<size_t>(i)] + j);
        EXPECT_EQ(batch.windows[i][j].item<int64_t>(), static_cast<unsigned char>(text.at(at)));
      }
    }
  }
  // the same from within the epoch, and however steps are counted in epochs
  EXPECT_EQ(epoch_of(stream, 1, 2)[1].indices, batches[3].indices);
  auto other = options;
  other.num_batches = 2;
  WindowStream shorter(text_of(text), other);
  EXPECT_EQ(epoch_of(shorter, 3)[1].indices, batches[3].indices);

  // two processes take what one with twice the batch does
  other = options;
  other.batch_size = 2 * batch_size;
  WindowStream lone(text_of(text), other);
  stream.take_share(1, 2);
  auto both = batches[2].indices;
  const auto second = epoch_of(stream, 1)[2].indices;
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(both, epoch_of(lone, 1)[2].indices);
}

TEST(WindowStreamTest, ATextMustHoldAWindowAndTheByteAfter) {
  WindowStream fits(text_of("abcdefghijk"), {.length = 10, .batch_size = 20});
  EXPECT_EQ(epoch_of(fits, 0)[0].indices, std::vector<int64_t>(20, 0));
  WindowStream lacks(text_of("abcdefghijk"), {.length = 11, .batch_size = 1});
  EXPECT_THROW(lacks.start_epoch(0), InputError);
}

}  // namespace
}  // namespace multipole
