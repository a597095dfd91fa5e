// What a run folder may look like when training starts, and what a disk may do while it goes on.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using Words = std::vector<std::string>;
using test::read_text;

std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool same_bytes(const std::filesystem::path& first, const std::filesystem::path& second) {
  return read_text(first) == read_text(second);
}

// One shell word.
std::string shell_word(const std::string& word) { return "'" + word + "'"; }

class CliRunFolder : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_ = new test::TemporaryFolder;
    ASSERT_EQ(test::draw_small_data(data()).exit_code, 0);
    const auto trained = train(*shared_ / "run", {"--epochs", "2"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
  }
  static void TearDownTestSuite() { delete shared_; }

  void SetUp() override { std::filesystem::copy(*shared_ / "run", run(), std::filesystem::copy_options::recursive); }

  static std::string data() { return (*shared_ / "data").string(); }
  std::filesystem::path run() const { return folder_ / "run"; }
  static test::ProcessResult train(const std::filesystem::path& out, const Words& more) {
    return test::run_multipole(test::small_training(data(), out.string(), more));
  }
  // Goes on for a third epoch, started by a shell that does `before` first.
  test::ProcessResult go_on_after(const std::string& before, const std::filesystem::path& out) {
    std::string line = before + "exec";
    const auto words = test::small_training(data(), out.string(), {"--epochs", "3", "--force"});
    for (const auto& word : test::multipole_command(words)) line.append(" ").append(shell_word(word));
    return test::run_process({"/bin/bash", "-c", line});
  }
  std::filesystem::path newest_state() const { return files_below(run() / "last").back(); }

  static test::TemporaryFolder* shared_;
  test::TemporaryFolder folder_;
};
test::TemporaryFolder* CliRunFolder::shared_ = nullptr;

TEST_F(CliRunFolder, OnlyTemporariesOfADeadProcessStartAnew) {
  for (const auto& file : files_below(run() / "last")) std::filesystem::rename(file, file.string() + ".tmp.99999999");
  const auto result = train(run(), {"--epochs", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("without a saved state"), std::string::npos) << result.err;
  for (const auto& file : files_below(run())) EXPECT_EQ(file.string().find(".tmp."), std::string::npos) << file;
}

TEST_F(CliRunFolder, ADamagedStateFallsBackToTheOneBeforeWithTheReason) {
  const auto state = newest_state();
  std::filesystem::resize_file(state, std::filesystem::file_size(state) - 1);
  const auto result = train(run(), {"--epochs", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("falling back"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(state.string()), std::string::npos) << result.err;
  EXPECT_TRUE(same_bytes(state, *shared_ / "run" / "last" / state.filename())) << "the epoch came out as before";
}

TEST_F(CliRunFolder, NoStateThatCanBeReadIsExit5) {
  for (const auto& file : files_below(run() / "last")) test::write_text(file, "damaged");
  const auto result = train(run(), {"--epochs", "2"});
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_NE(result.err.find(newest_state().string()), std::string::npos) << result.err;
}

TEST_F(CliRunFolder, AFileLimitEndsWith4AndTheOldFilesStay) {
  const auto state = newest_state();
  const auto result = go_on_after("ulimit -f 200; ", run());
  EXPECT_EQ(result.exit_code, 4) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(same_bytes(state, *shared_ / "run" / "last" / state.filename()));
  // the third epoch's model may have been small enough to be written: it is whole then
  EXPECT_EQ(test::run_multipole({"inspect", (run() / "best.safetensors").string()}).exit_code, 0);
  for (const auto& file : files_below(run())) EXPECT_EQ(file.string().find(".tmp."), std::string::npos) << file;
  // with room again the same command goes on
  EXPECT_EQ(go_on_after("", run()).exit_code, 0);
}

// A file system of its own with `left` bytes of room above what a copy of `source` takes.
class SmallDisk {
 public:
  SmallDisk(const std::filesystem::path& place, const std::filesystem::path& source, int64_t left) : place_(place) {
    std::filesystem::create_directory(place);
    mounted_ = ::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=8m") == 0;
    if (!mounted_) return;
    std::filesystem::copy(source, place / "run", std::filesystem::copy_options::recursive);
    const auto room = static_cast<int64_t>(std::filesystem::space(place).available);
    test::write_text(place / "filler", std::string(static_cast<size_t>(std::max<int64_t>(room - left, 0)), 'x'));
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool is_mounted() const { return mounted_; }

 private:
  std::filesystem::path place_;
  bool mounted_ = false;
};

TEST_F(CliRunFolder, AFullDiskEndsWith4AndTheOldFilesStay) {
  for (const int64_t left : {0, 200'000}) {
    SCOPED_TRACE(left);
    const auto place = folder_ / ("disk" + std::to_string(left));
    const SmallDisk disk(place, *shared_ / "run", left);
    if (!disk.is_mounted()) GTEST_SKIP() << "only root may mount a small disk; the file limit's test ran";
    const auto result = go_on_after("", place / "run");
    EXPECT_EQ(result.exit_code, 4) << result.err;
    EXPECT_EQ(result.out, "");
    const auto before = files_below(*shared_ / "run" / "last"), after = files_below(place / "run" / "last");
    ASSERT_EQ(after.size(), before.size());
    for (size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(same_bytes(after[i], before[i]));
    std::filesystem::remove(place / "filler");
    EXPECT_EQ(go_on_after("", place / "run").exit_code, 0);
  }
}

TEST_F(CliRunFolder, AFolderWithoutPermissionEndsWith4) {
  for (const auto& path : {folder_.path(), shared_->path()}) {
    std::filesystem::permissions(path, std::filesystem::perms(0755));
  }
  std::filesystem::permissions(run(), std::filesystem::perms(0555));
  // root may write anywhere, so it becomes nobody first
  const bool is_root = ::geteuid() == 0;
  std::string line = is_root ? "exec setpriv --reuid 65534 --clear-groups" : "exec";
  for (const auto& word : test::multipole_command(test::small_training(data(), run().string(), {"--epochs", "2"}))) {
    line.append(" ").append(shell_word(word));
  }
  const auto result = test::run_process({"/bin/bash", "-c", line});
  EXPECT_EQ(result.exit_code, 4) << result.err;
  EXPECT_NE(result.err.find(run().string()), std::string::npos) << result.err;
}

TEST_F(CliRunFolder, ClosedStandardStreamsAreNoFailure) {
  const auto closed = go_on_after("exec <&- >&-; ", run());
  EXPECT_EQ(closed.exit_code, 0) << closed.err;
}

}  // namespace
}  // namespace multipole
