#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/files/atomic_file.h"
#include "engine/files/atomic_folder.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::read_text;
using test::TemporaryFolder;
using test::write_text;

size_t count_in(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

void write_folder(const std::filesystem::path& path, const std::string& name, const std::string& text) {
  AtomicFolder folder(path);
  write_text(folder.temporary() / name, text);
  folder.commit();
}

TEST(AtomicFolder, ReplacesTheWholeFolderOnCommitOnly) {
  const TemporaryFolder folder;
  const auto path = folder / "a/view";
  write_folder(path, "one", "old");
  EXPECT_EQ(read_text(path / "one"), "old");
  {
    AtomicFolder next(path);
    write_text(next.temporary() / "two", "new");
    EXPECT_EQ(count_in(folder / "a"), 2u);
  }
  EXPECT_EQ(count_in(folder / "a"), 1u);
  EXPECT_EQ(read_text(path / "one"), "old");
  write_folder(path, "two", "new");
  EXPECT_EQ(count_in(path), 1u) << "files of the old folder are left";
  EXPECT_EQ(read_text(path / "two"), "new");
  EXPECT_EQ(count_in(folder / "a"), 1u);
}

TEST(AtomicFolder, AFileIsNotReplaced) {
  const TemporaryFolder folder;
  write_text(folder / "view", "a file");
  EXPECT_THROW(AtomicFolder(folder / "view"), ConfigError);
  EXPECT_THROW(AtomicFolder(folder / "view/inside"), ResourceError);
  EXPECT_EQ(read_text(folder / "view"), "a file");
}

// What a killed process left goes with what it left of files.
TEST(AtomicFolder, StaleOnesAreRemoved) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const AtomicFolder unfinished(folder / "view");
    write_text(unfinished.temporary() / "tile", "half");
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const AtomicFolder running(folder / "other");
  EXPECT_EQ(count_in(folder.path()), 2u);
  remove_stale_temporaries(folder.path());
  EXPECT_EQ(count_in(folder.path()), 1u) << "the one of a process that runs stays";
}

}  // namespace
}  // namespace multipole
