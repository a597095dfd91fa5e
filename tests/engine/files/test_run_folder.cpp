#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "engine/files/run_folder.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::TemporaryFolder;

TEST(RunFolder, MakesAndReopensARun) {
  const TemporaryFolder folder;
  const auto path = folder / "deep" / "run";
  {
    const RunFolder run(path);
    EXPECT_FALSE(run.has_run());
    run.write_config({{"seed", 7}});
    EXPECT_TRUE(std::filesystem::exists(path / "run.lock"));
  }
  EXPECT_FALSE(std::filesystem::exists(path / "run.lock"));
  EXPECT_TRUE(RunFolder(path).has_run());
  EXPECT_EQ(read_json_file(path / "config.json")["seed"], 7);
}

TEST(RunFolder, RefusesAForeignFolderAndAFile) {
  const TemporaryFolder folder;
  test::write_text(folder / "holiday.jpg", "x");
  EXPECT_THROW(RunFolder{folder.path()}, ConfigError);
  EXPECT_THROW(RunFolder{folder / "holiday.jpg"}, ConfigError);
  EXPECT_FALSE(std::filesystem::exists(folder / "run.lock"));
}

TEST(RunFolder, ASecondRunIsRefusedWithThePid) {
  const TemporaryFolder folder;
  const RunFolder run(folder / "run");
  try {
    RunFolder second(folder / "run");
    FAIL() << "two runs in one folder";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find(std::to_string(::getpid())), std::string::npos) << error.what();
  }
}

TEST(RunFolder, ADeadProcessHoldsNoLock) {
  const TemporaryFolder folder;
  const auto path = folder / "run";
  const pid_t child = ::fork();
  if (child == 0) {
    const RunFolder run(path);
    ::_exit(0);  // as a kill would end it: no destructor
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(std::filesystem::exists(path / "run.lock"));
  EXPECT_EQ(RunFolder(path).dead_owner(), std::to_string(child));
  EXPECT_EQ(RunFolder(path).dead_owner(), "") << "an orderly end gives the lock back";
}

// Root may do everything, so the folder is tried as a user of no rights.
TEST(RunFolder, AFolderWithoutPermissionIsAResourceError) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "run");
  const pid_t child = ::fork();
  if (child == 0) {
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    std::filesystem::permissions(folder / "run", std::filesystem::perms(0555));
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    try {
      RunFolder run(folder / "run");
    } catch (const ResourceError&) {
      ::_exit(0);
    }
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace multipole
