// Choosing a backend: MULTIPOLE_BACKEND, its errors, and the self-test over all backends.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include "backbone/multipole/dispatch/backend.h"
#include "backbone/multipole/dispatch/self_test.h"
#include "tests/backbone/multipole/op_cases.h"

namespace multipole::test {
namespace {

const std::vector<Candidate> kCandidates = {{Backend::cuda, "no GPU"}, {Backend::cpu, ""}, {Backend::reference, ""}};

TEST(Backend, AutoTakesTheFirstThatRuns) {
  const ForcedBackend automatic("auto");
  EXPECT_EQ(choose_backend("op", kCandidates), Backend::cpu);
  EXPECT_EQ(choose_backend("op", {{Backend::cpu, "no SIMD"}, {Backend::reference, ""}}), Backend::reference);
}

TEST(Backend, ForcedIsTaken) {
  const ForcedBackend forced("reference");
  EXPECT_EQ(forced_backend(), Backend::reference);
  EXPECT_EQ(choose_backend("op", kCandidates), Backend::reference);
}

TEST(Backend, ForcedThatCannotRunSaysWhy) {
  const ForcedBackend forced("cuda");
  try {
    choose_backend("attention2d", kCandidates);
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    EXPECT_NE(message.find("MULTIPOLE_BACKEND=cuda"), std::string::npos) << message;
    EXPECT_NE(message.find("multipole::attention2d"), std::string::npos) << message;
    EXPECT_NE(message.find("no GPU"), std::string::npos) << message;
  }
}

TEST(Backend, OperatorsWithoutThatBackendUseTheReference) {
  const ForcedBackend forced("cpu");
  EXPECT_EQ(choose_backend("op", {{Backend::reference, ""}}), Backend::reference);
}

TEST(Backend, UnknownNameIsAnError) {
  const ForcedBackend forced("gpu");
  EXPECT_THROW(forced_backend(), c10::Error);
  const OracleArgs2d args = random_args({1, 3, 3, 1, 2, 2, 1, false, false}, torch::kFloat32);
  try {
    run_op(args);
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    EXPECT_NE(message.find("auto, reference, cpu or cuda, got 'gpu'"), std::string::npos) << message;
  }
}

TEST(Backend, ReferenceAlwaysRuns) {
  for (const torch::ScalarType dtype : {torch::kFloat64, torch::kFloat32, torch::kBFloat16, torch::kFloat16}) {
    const auto backends = runnable_backends(random_args(random_shape(20), dtype));
    EXPECT_EQ(backends.back(), Backend::reference);
  }
}

TEST(SelfTest, EveryBackendPassesOrSaysWhyItDidNotRun) {
  const auto results = run_self_test();
  int64_t compared = 0;
  for (const SelfTestResult& result : results) {
    EXPECT_TRUE(result.ok) << result.name << ": " << result.detail;
    EXPECT_FALSE(result.detail.empty()) << result.name;
    compared += result.detail.find("not run") == std::string::npos;
  }
  EXPECT_GE(compared, 2) << "the reference runs both variants on every machine";
}

// A maximum passes over NaN. Of the output, and of a gradient between others.
TEST(SelfTest, ANumberThatIsNotFiniteFails) {
  struct Break {
    size_t result;
    float value;
  };
  for (const Break& bad : {Break{0, std::nanf("")}, {3, std::nanf("")}, {0, std::numeric_limits<float>::infinity()}}) {
    const SelfTestSubject broken = [&](Backend backend, const Attention2dArgs& args, const at::Tensor& d_out) {
      auto results = attention2d_with_gradients(backend, args, d_out);
      results.at(bad.result) = results[bad.result].clone();
      results[bad.result].view(-1)[7] = bad.value;
      return results;
    };
    for (const SelfTestResult& result : run_self_test(broken)) {
      if (result.detail.starts_with("not run")) continue;
      EXPECT_FALSE(result.ok) << "result " << bad.result << ": " << result.name << ": " << result.detail;
    }
  }
}

}  // namespace
}  // namespace multipole::test
