#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/report/flops_text.h"

namespace multipole {
namespace {

TEST(FlopsTextTest, ThreeDigitsCountAtEverySize) {
  EXPECT_EQ(flops_text(0), "0 FLOP");
  EXPECT_EQ(flops_text(17), "17 FLOP");
  EXPECT_EQ(flops_text(999), "999 FLOP");
  EXPECT_EQ(flops_text(1000), "1.00 kFLOP");
  EXPECT_EQ(flops_text(9.994e6), "9.99 MFLOP");
  EXPECT_EQ(flops_text(9.996e6), "10.0 MFLOP");
  EXPECT_EQ(flops_text(99.96e9), "100 GFLOP");
  EXPECT_EQ(flops_text(999.4e12), "999 TFLOP");
  EXPECT_EQ(flops_text(999.6e12), "1.00 PFLOP");
  EXPECT_EQ(flops_text(6.021e15), "6.02 PFLOP");
  EXPECT_EQ(flops_text(123456e18), "123456 EFLOP");
}

TEST(FlopsTextTest, WhatIsNoNumberIsNotKnown) {
  EXPECT_EQ(flops_text(std::nan("")), "n/a");
  EXPECT_EQ(flops_text(std::numeric_limits<double>::infinity()), "n/a");
}

}  // namespace
}  // namespace multipole
