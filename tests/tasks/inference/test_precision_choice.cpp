// Which precision is taken where nobody names one, by a clock that the test holds, and what the model computes then.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "heads/model/model.h"
#include "tasks/inference/precision_choice.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

const Execution kMayChoose = {.bfloat16 = true};

class PrecisionChoice : public ::testing::Test {
 protected:
  PrecisionChoice() { model_->eval(); }

  torch::Tensor answers(const Execution& execution) {
    const c10::InferenceMode inference;
    const AutocastGuard autocast(execution);
    return model_->forward(images_).to(torch::kFloat);
  }

  // Whether the model computes what one prepared for that precision by name does.
  bool computes_in(const Execution& execution) {
    const auto chosen = answers(execution);
    prepare_inference(*model_, execution);
    return answers(execution).equal(chosen);
  }

  VisionModel model_{test::small_model_config("multipole2d", 3)};
  torch::Tensor images_ = torch::randn({test::random_int(1, 4), 3, test::random_int(9, 60), test::random_int(9, 60)});
};

TEST_F(PrecisionChoice, BFloat16HasToBeClearlyFaster) {
  for (const double ratio : {0.5, 1.0, 1.09, 1.11, 3.0}) {
    Execution execution = kMayChoose;
    std::vector<bool> timed;
    const double seconds = 0.001 * static_cast<double>(test::random_int(1, 1000));
    const auto times = choose_precision(model_, execution, true, [&](const Execution& pass) {
      timed.push_back(pass.bfloat16);
      return pass.bfloat16 ? seconds : ratio * seconds;
    });
    EXPECT_EQ(timed, (std::vector<bool>{false, true}));
    EXPECT_TRUE(times.is_measured());
    EXPECT_DOUBLE_EQ(times.float32 / times.bfloat16, ratio);
    EXPECT_EQ(execution.bfloat16, ratio > 1.1) << ratio;
    EXPECT_TRUE(computes_in(execution)) << ratio;
  }
}

TEST_F(PrecisionChoice, NotANumberIsFloat32) {
  for (const double time : {std::nan(""), 0.0}) {
    Execution execution = kMayChoose;
    choose_precision(model_, execution, true, [&](const Execution& pass) { return pass.bfloat16 ? time : 1.0; });
    EXPECT_FALSE(execution.bfloat16);
  }
}

TEST_F(PrecisionChoice, NothingIsMeasuredForLittleWorkOrWhereTheProcessorLacksIt) {
  const auto never = [](const Execution&) -> double { throw std::logic_error("measured"); };
  Execution little = kMayChoose, lacking = {};
  for (Execution* execution : {&little, &lacking}) {
    const auto times = choose_precision(model_, *execution, execution == &lacking, never);
    EXPECT_FALSE(times.is_measured());
    EXPECT_FALSE(execution->bfloat16);
    EXPECT_TRUE(computes_in(*execution));
  }
}

TEST_F(PrecisionChoice, TheWorkAheadDecidesWhetherTheClockIsAsked) {
  PicturesAhead ahead = {.count = kPassesToMeasure - 1, .batch_size = 1, .height = 24, .width = 40};
  for (const bool enough : {false, true}) {
    Execution execution = kMayChoose;
    ahead.count += enough ? 1 : 0;
    torch::manual_seed(7);
    const auto times = choose_precision(model_, execution, ahead);
    EXPECT_EQ(times.is_measured(), enough);
    EXPECT_EQ(execution.bfloat16, times.prefer_bfloat16());
    EXPECT_TRUE(computes_in(execution));
    const auto next = torch::rand({1});
    torch::manual_seed(7);
    EXPECT_TRUE(torch::rand({1}).equal(next)) << "measuring drew from the program's generator";
  }
}

}  // namespace
}  // namespace multipole
