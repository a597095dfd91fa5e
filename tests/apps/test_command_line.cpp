#include <gtest/gtest.h>

#include <new>
#include <optional>
#include <vector>

#include "apps/arguments/command_line.h"
#include "apps/arguments/exit_code.h"
#include "base/error.h"
#include "engine/runtime/training_error.h"

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
  double share = 0.5;
  std::optional<double> rate;
  std::vector<double> scales;
  command->add_option("--share", share)->check(CLI::Range(0.0, 1.0));
  command->add_option("--rate", rate);
  command->add_option("--scales", scales)->delimiter(',')->check(CLI::PositiveNumber);
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

// A range of CLI11 holds NaN.
TEST(CommandLine, NumbersAreFinite) {
  EXPECT_EQ(run_words({"do", "--share", "0.25", "--rate", "-3e-2", "--scales", "0.5,1"}), 10);
  for (const char* number : {"nan", "-nan", "inf", "-inf", "infinity", "1e999"}) {
    for (const char* option : {"--share", "--rate", "--scales"}) {
      EXPECT_EQ(run_words({"do", option, number}), kExitUsage) << option << " " << number;
    }
  }
  EXPECT_EQ(run_words({"do", "--scales", "1,nan"}), kExitUsage);
}

}  // namespace
}  // namespace multipole
