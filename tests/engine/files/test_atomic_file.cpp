#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "base/error.h"
#include "engine/files/atomic_file.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::read_text;
using test::TemporaryFolder;
using test::write_text;

size_t num_entries(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicFile, ReplacesOnCommitOnly) {
  const TemporaryFolder folder;
  const auto path = folder / "result.json";
  write_file_atomically(path, "old");
  {
    AtomicFile file(path);
    file.write("new and longer");
    EXPECT_EQ(read_text(path), "old");
  }
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(num_entries(folder.path()), 1u);
  write_file_atomically(path, "new");
  EXPECT_EQ(read_text(path), "new");
  EXPECT_EQ(num_entries(folder.path()), 1u);
}

// RLIMIT_FSIZE stands in for a full disk: write() fails in the middle of the file.
TEST(AtomicFile, FailedWriteKeepsTheOldFileAndLeavesNoTemporary) {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  write_file_atomically(path, "old");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit limit = before;
  limit.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_THROW(write_file_atomically(path, std::string(5000, 'x')), ResourceError);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(num_entries(folder.path()), 1u);
}

TEST(AtomicFile, AsksForSpaceFirst) {
  const TemporaryFolder folder;
  EXPECT_THROW(AtomicFile(folder / "a", uint64_t{1} << 60), ResourceError);
  EXPECT_EQ(num_entries(folder.path()), 0u);
}

TEST(AtomicFile, RefusesWhatIsNoRegularFile) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_file_atomically(folder / "absent" / "a", "x"), ConfigError);
  EXPECT_THROW(write_file_atomically(folder.path(), "x"), ConfigError);
  EXPECT_THROW(write_file_atomically("/dev/null", "x"), ConfigError);
}

TEST(AtomicFile, ReplacesTheFileBehindALink) {
  const TemporaryFolder folder;
  write_text(folder / "real", "old");
  std::filesystem::create_symlink("real", folder / "link");
  write_file_atomically(folder / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_text(folder / "real"), "new");
}

TEST(AtomicFile, RemovesTemporariesOfDeadProcessesOnly) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_GT(child, 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  write_text(folder / ("a.tmp." + std::to_string(child)), "dead");
  write_text(folder / ("a.tmp." + std::to_string(::getpid())), "alive");
  write_text(folder / "a.tmp.notes", "not ours");
  write_text(folder / "a", "whole");
  remove_stale_temporaries(folder.path());
  EXPECT_FALSE(std::filesystem::exists(folder / ("a.tmp." + std::to_string(child))));
  EXPECT_EQ(num_entries(folder.path()), 3u);
}

}  // namespace
}  // namespace multipole
