// Pictures that threads share: the same bytes of output for any number of them, failures in between.
#include <ATen/core/ivalue.h>
#include <ATen/cpu/Utils.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cstring>
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

// What follows the header's line of an .npy file of float32.
torch::Tensor npy_values(const std::string& file) {
  const size_t begin = file.find('\n') + 1;
  auto values = torch::empty({static_cast<int64_t>((file.size() - begin) / sizeof(float))});
  std::memcpy(values.data_ptr(), file.data() + begin, values.nbytes());
  return values;
}

// Without AVX-512 the products of PyTorch's libraries depend on the number of threads for widths such as this model's
// 24, in their last bits.
bool has_exact_products() {
  const auto capabilities = at::cpu::get_cpu_capabilities();
  const auto avx512 = capabilities.find("avx512_bw");
  return avx512 != capabilities.end() && avx512->second.toBool();
}

TEST_F(SideBySideCommands, FeaturesAreTheSameForAnyNumberOfThreads) {
  ASSERT_EQ(test::run_multipole(embed(1, "one.npy")).exit_code, 3);
  const std::string one = test::read_text(at("one.npy"));
  for (const int threads : {2, 3}) {
    EXPECT_EQ(test::run_multipole(embed(threads, "more.npy")).exit_code, 3);
    const std::string more = test::read_text(at("more.npy"));
    ASSERT_EQ(more.substr(0, more.find('\n')), one.substr(0, one.find('\n')));
    EXPECT_TRUE(npy_values(more).allclose(npy_values(one), 1e-5, 1e-5, /*equal_nan=*/true)) << threads;
    if (has_exact_products()) {
      EXPECT_TRUE(more == one) << threads;
    }
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
