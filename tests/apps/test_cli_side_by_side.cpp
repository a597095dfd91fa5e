// Pictures that threads share: the same bytes of output for any number of them, failures in between.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/apps/side_by_side_commands.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::SideBySideCommands;

TEST_F(SideBySideCommands, ClassesAreTheSameForAnyNumberOfThreads) {
  const auto one = test::run_multipole(classify(1));
  ASSERT_EQ(one.exit_code, 3) << one.err;
  for (const int threads : {2, 3}) {
    const auto several = test::run_multipole(classify(threads));
    EXPECT_EQ(several.exit_code, 3);
    EXPECT_EQ(several.out, one.out) << threads;
  }
}

TEST_F(SideBySideCommands, MapsAreTheSameForAnyNumberOfThreads) {
  ASSERT_EQ(test::run_multipole(segment(1, "one")).exit_code, 3);
  for (const int threads : {2, 3}) {
    const std::string out = "with" + std::to_string(threads);
    EXPECT_EQ(test::run_multipole(segment(threads, out)).exit_code, 3);
    expect_same_maps(out, "one");
  }
}

TEST_F(SideBySideCommands, FeaturesAreTheSameForAnyNumberOfThreads) {
  ASSERT_EQ(test::run_multipole(embed(1, "one.npy")).exit_code, 3);
  for (const int threads : {2, 3}) {
    EXPECT_EQ(test::run_multipole(embed(threads, "more.npy")).exit_code, 3);
    EXPECT_EQ(test::read_text(at("more.npy")), test::read_text(at("one.npy"))) << threads;
    EXPECT_EQ(test::read_text(at("more.npy.txt")), test::read_text(at("one.npy.txt"))) << threads;
  }
}

TEST_F(SideBySideCommands, MoreThreadsThanProcessorsAreSaid) {
  const auto many = test::run_multipole(classify(1000));
  EXPECT_NE(many.err.find("note: 1000 threads on "), std::string::npos) << many.err;
  EXPECT_EQ(test::run_multipole(classify(1)).err.find("note: "), std::string::npos);
}

// libgomp itself says what it was given.
TEST(ShortWaits, AreAskedForUnlessTheUserChose) {
  const auto told = [](const std::vector<std::pair<std::string, std::string>>& environment) {
    auto all = environment;
    all.emplace_back("OMP_DISPLAY_ENV", "verbose");
    return test::run_multipole({"--version"}, {.input = {}, .environment = all}).err;
  };
  EXPECT_NE(told({}).find("GOMP_SPINCOUNT = '1000'"), std::string::npos) << told({});
  EXPECT_NE(told({{"GOMP_SPINCOUNT", "77"}}).find("GOMP_SPINCOUNT = '77'"), std::string::npos);
  EXPECT_EQ(told({{"OMP_WAIT_POLICY", "active"}}).find("GOMP_SPINCOUNT = '1000'"), std::string::npos);
}

}  // namespace
}  // namespace multipole
