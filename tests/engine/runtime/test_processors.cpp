// Which processors a process may use, by control groups in files that are made up.
#include <gtest/gtest.h>
#include <sched.h>

#include <string>

#include "engine/runtime/processors.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

class Processors : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    test::write_text(folder_ / name, text);
  }
  ControlGroupFiles files() const { return {.membership = folder_ / "membership", .mount = folder_ / "mount"}; }
  int quota() const { return quota_processors(files()); }

  test::TemporaryFolder folder_;
};

TEST_F(Processors, NoFilesNoQuota) {
  EXPECT_EQ(quota(), 0);
  EXPECT_GE(allowed_processors(files()), 1);
}

TEST_F(Processors, SecondVersionOfAContainerAndOfAGroup) {
  write("membership", "0::/\n");
  write("mount/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), 0);
  write("mount/cpu.max", "200000 100000\n");
  EXPECT_EQ(quota(), 2);
  write("mount/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota(), 2) << "a begun processor is one";
  write("mount/cpu.max", "5000 100000\n");
  EXPECT_EQ(quota(), 1);
}

TEST_F(Processors, TheLeastOfAGroupAndThoseAboveIt) {
  write("membership", "0::/a.slice/b.scope\n");
  write("mount/a.slice/b.scope/cpu.max", "800000 100000\n");
  EXPECT_EQ(quota(), 8);
  write("mount/a.slice/cpu.max", "300000 100000\n");
  EXPECT_EQ(quota(), 3);
  write("mount/a.slice/b.scope/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), 3);
  write("mount/other/cpu.max", "100000 100000\n");
  EXPECT_EQ(quota(), 3);
}

TEST_F(Processors, FirstVersion) {
  write("membership", "12:memory:/pod\n4:cpu,cpuacct:/pod/one\n3:cpuset:/\n0::/\n");
  EXPECT_EQ(quota(), 0);
  write("mount/cpu,cpuacct/pod/one/cpu.cfs_quota_us", "-1\n");
  write("mount/cpu,cpuacct/pod/one/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 0);
  write("mount/cpu,cpuacct/pod/one/cpu.cfs_quota_us", "250000\n");
  EXPECT_EQ(quota(), 3);
  // in a container the group's own files are at the top
  write("membership", "4:cpuacct,cpu:/docker/0123\n");
  write("mount/cpu/cpu.cfs_quota_us", "100000\n");
  write("mount/cpu/cpu.cfs_period_us", "50000\n");
  EXPECT_EQ(quota(), 2);
}

TEST_F(Processors, DamagedFilesSayNothing) {
  write("membership", "nonsense\n::\n0::/\n");
  write("mount/cpu.max", "\n");
  EXPECT_EQ(quota(), 0);
  write("mount/cpu.max", "100000 0\n");
  EXPECT_EQ(quota(), 0);
}

TEST_F(Processors, AffinityAndQuotaBothBind) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_LE(allowed_processors(files()), CPU_COUNT(&before));
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i) {
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  const int alone = allowed_processors(files());
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(alone, 1);
  write("membership", "0::/\n");
  write("mount/cpu.max", "100000 100000\n");
  EXPECT_EQ(allowed_processors(files()), 1);
}

}  // namespace
}  // namespace multipole
