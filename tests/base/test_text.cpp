#include <gtest/gtest.h>

#include <limits>

#include "base/text.h"

namespace multipole {
namespace {

TEST(Text, NumbersHaveAPoint) {
  EXPECT_EQ(fixed(1234.5678, 2), "1234.57");
  EXPECT_EQ(fixed(-0.5, 0), "-0");
  EXPECT_EQ(fixed(std::numeric_limits<double>::quiet_NaN(), 3), "n/a");
  EXPECT_EQ(fixed(std::numeric_limits<double>::max(), 1).size(), 311u);
  EXPECT_EQ(byte_count(999), "999 B");
  EXPECT_EQ(byte_count(7654321), "7.7 MB");
  EXPECT_EQ(byte_count(2e15), "2000.0 TB");
}

TEST(Text, SharesAndRatesReadAsNumbers) {
  EXPECT_EQ(percent(0.87654, 2), "87.65%");
  EXPECT_EQ(percent(std::numeric_limits<double>::quiet_NaN(), 2), "n/a");
  EXPECT_EQ(image_rate(812.4), "812 img/s");
  EXPECT_EQ(image_rate(3.42), "3.4 img/s");
  EXPECT_EQ(image_rate(0.31), "3.2 s/img");
  EXPECT_EQ(image_rate(0.0004), "2500.0 s/img");
  EXPECT_EQ(image_rate(0), "n/a");
  EXPECT_EQ(image_rate(std::numeric_limits<double>::quiet_NaN()), "n/a");
}

TEST(Text, ClockTime) {
  EXPECT_EQ(clock_time(0), "0:00");
  EXPECT_EQ(clock_time(59.6), "1:00");
  EXPECT_EQ(clock_time(245), "4:05");
  EXPECT_EQ(clock_time(3723), "1:02:03");
  EXPECT_EQ(clock_time(-4), "0:00");
}

TEST(Text, JsonKeepsBytesThatAreNotUtf8) {
  EXPECT_EQ(json_line({{"path", "a\xff\"\n"}}), "{\"path\":\"a\\udcff\\\"\\n\"}\n");
  EXPECT_EQ(json_line({{"p", 0.25}}), "{\"p\":0.25}\n");
}

TEST(Text, Padding) {
  EXPECT_EQ(pad_right("ab", 4), "ab  ");
  EXPECT_EQ(pad_left("ab", 4), "  ab");
  EXPECT_EQ(pad_left("7", 2, '0'), "07");
  EXPECT_EQ(pad_left("long", 2), "long");
}

}  // namespace
}  // namespace multipole
