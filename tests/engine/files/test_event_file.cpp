#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.h"
#include "engine/files/crc32c.h"
#include "engine/files/event_file.h"
#include "engine/files/protobuf.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::read_text;
using test::TemporaryFolder;

// RFC 3720, B.4
TEST(Crc32c, AgreesWithTheStandard) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

TEST(Protobuf, AgreesWithTheExamplesOfItsDocumentation) {
  EXPECT_EQ(protobuf::integer_field(1, 150), "\x08\x96\x01");
  EXPECT_EQ(protobuf::bytes_field(2, "testing"), "\x12\x07testing");
  EXPECT_EQ(protobuf::varint(UINT64_MAX).size(), 10u);
}

// Walks the records of a file; -1 where one is damaged.
int num_records(const std::string& bytes) {
  int count = 0;
  for (size_t at = 0; at < bytes.size(); ++count) {
    uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at, 8);
    if (protobuf::fixed(masked_crc32c(bytes.substr(at, 8)), 4) != bytes.substr(at + 8, 4)) return -1;
    const std::string data = bytes.substr(at + 12, length);
    if (protobuf::fixed(masked_crc32c(data), 4) != bytes.substr(at + 12 + length, 4)) return -1;
    at += 16 + length;
  }
  return count;
}

TEST(EventFile, IsWholeAfterEveryEvent) {
  const TemporaryFolder folder;
  EventFile file(folder.path(), 0);
  EXPECT_EQ(num_records(read_text(file.path())), 1);
  file.add_scalar("loss", 0.5, 1);
  file.add_text("note", "text", 1);
  EXPECT_EQ(num_records(read_text(file.path())), 3);
}

TEST(EventFile, ANewRunRemovesOldEventsAndAResumedOneKeepsThem) {
  const TemporaryFolder folder;
  const auto first = EventFile(folder.path(), 0).path();
  const auto second = EventFile(folder.path(), 7).path();
  EXPECT_TRUE(std::filesystem::exists(first));
  EXPECT_LT(first, second);
  EventFile third(folder.path(), 0);
  EXPECT_FALSE(std::filesystem::exists(second));
  EXPECT_THROW(EventFile(folder / "absent", 0), ResourceError);
}

// TensorBoard's own reader, on a run that was stopped after step 3 of which step 3 is done again.
TEST(EventFile, TensorBoardReadsWhatWasWritten) {
  const std::string python = MULTIPOLE_SOURCE_DIR "/.venv/bin/python";
  if (test::run_process({python, "-c", "import tensorboard"}).exit_code != 0) {
    GTEST_SKIP() << "the Python package tensorboard is not in .venv: make python";
  }
  const TemporaryFolder folder;
  {
    EventFile file(folder.path(), 0);
    for (int step = 1; step <= 3; ++step) file.add_scalar("train/loss", 1.0 / step, step);
    file.add_text("config", "caf\xc3\xa9", 0);
    file.add_image("batch", "not decoded by the reader", 4, 6, 2);
  }
  // a write that was cut short
  std::ofstream(std::filesystem::directory_iterator(folder.path())->path(), std::ios::binary | std::ios::app) << "torn";
  EventFile(folder.path(), 2).add_scalar("train/loss", 30, 3);
  const auto result =
      test::run_process({python, MULTIPOLE_SOURCE_DIR "/tests/engine/files/read_events.py", folder.path().string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "scalar train/loss 1 1.0\nscalar train/loss 2 0.5\nscalar train/loss 3 30.0\n"
            "image batch 2 6x4 not decoded by the reader\ntext config 0 caf\xc3\xa9\n");
}

}  // namespace
}  // namespace multipole
