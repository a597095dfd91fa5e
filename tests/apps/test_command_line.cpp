#include <gtest/gtest.h>

#include <new>

#include "apps/common/command_line.h"
#include "apps/common/exit_code.h"
#include "backbone/config/error.h"
#include "engine/training/training_error.h"

namespace multipole {
namespace {

TEST(ExitCode, EveryKindOfErrorHasItsOwn) {
  EXPECT_EQ(exit_code_of(ConfigError("x")), kExitUsage);
  EXPECT_EQ(exit_code_of(InputError("x")), kExitSomeBad);
  EXPECT_EQ(exit_code_of(ResourceError("x")), kExitResources);
  EXPECT_EQ(exit_code_of(ModelFileError("x")), kExitModel);
  EXPECT_EQ(exit_code_of(TrainingError("x")), kExitFailure);
  EXPECT_EQ(exit_code_of(std::bad_alloc()), kExitResources);
  EXPECT_EQ(exit_code_of(std::runtime_error("DefaultCPUAllocator: can't allocate memory")), kExitResources);
  EXPECT_EQ(exit_code_of(std::logic_error("x")), kExitFailure);
}

int run_words(std::vector<const char*> words) {
  CLI::App program("test", "multipole");
  Run run;
  CLI::App* command = add_command(program, "do", "does it", "multipole do --times 3");
  int times = 1;
  command->add_option("--times", times);
  command->callback([&] { run = [&] { return 10 * times; }; });
  words.insert(words.begin(), "multipole");
  return parse_and_run(program, run, static_cast<int>(words.size()), words.data());
}

TEST(CommandLine, RunsTheCommandOrSaysWhatIsWrong) {
  EXPECT_EQ(run_words({"do", "--times", "4"}), 40);
  EXPECT_EQ(run_words({"do", "--help"}), kExitDone);
  EXPECT_EQ(run_words({}), kExitUsage);
  EXPECT_EQ(run_words({"do", "--times", "many"}), kExitUsage);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_words({"do", "--tmies", "4"}), kExitUsage);
  const std::string message = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(message.find("did you mean '--times'?"), std::string::npos) << message;
  EXPECT_NE(message.find("multipole do --times 3"), std::string::npos) << message;
}

}  // namespace
}  // namespace multipole
