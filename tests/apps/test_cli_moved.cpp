// The command in another folder than it was built in.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;

// The command and its op library, copied.
fs::path copy_command(const fs::path& folder) {
  fs::create_directories(folder);
  for (const char* name : {"multipole", "libmultipole_ops.so"}) {
    fs::copy_file(fs::path(MULTIPOLE_BINARY_DIR) / name, folder / name);
  }
  return folder / "multipole";
}

// The loader tells on standard error which files it takes.
test::ProcessResult run_told(const fs::path& command, const std::string& option) {
  test::ProcessOptions options;
  options.environment = {{"LD_DEBUG", "libs"}};
  return test::run_process({command.string(), option}, options);
}

bool takes(const test::ProcessResult& result, const fs::path& library) {
  return result.err.find("calling init: " + library.string()) != std::string::npos;
}

TEST(Moved, TheCommandTakesTheOpLibraryBesideIt) {
  const test::TemporaryFolder folder;
  const auto result = run_told(copy_command(folder / "bin"), "--version");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.find("multipole "), 0u) << result.out;
  EXPECT_TRUE(takes(result, folder / "bin" / "libmultipole_ops.so")) << result.err;
}

// A project folder that was moved as a whole: its own LibTorch comes before the one where it was built.
TEST(Moved, AProjectTakesItsOwnLibTorch) {
  const fs::path libraries(MULTIPOLE_VENV_LIBRARIES);  // from the build folder; empty: LibTorch is elsewhere
  if (libraries.empty()) GTEST_SKIP() << "LibTorch lies outside the project: it does not move with it";
  const test::TemporaryFolder folder;
  const fs::path build = fs::path(MULTIPOLE_BINARY_DIR).filename();
  const fs::path command = copy_command(folder / build.string());
  const fs::path own = (folder / build.string() / libraries).lexically_normal();
  fs::create_directories(own.parent_path());
  fs::create_directory_symlink((fs::path(MULTIPOLE_BINARY_DIR) / libraries).lexically_normal(), own);
  const auto result = run_told(command, "--version");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(takes(result, folder / build.string() / libraries / "libtorch_cpu.so")) << result.err;
}

}  // namespace
}  // namespace multipole
