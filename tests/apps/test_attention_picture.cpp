// The drawing shows the partition of the grid: every token exactly once, near or in one far cell.
#include <gtest/gtest.h>

#include <regex>

#include "apps/inspect/attention_picture.h"
#include "base/error.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// Area in square tokens of all rectangles inside of the grid, the token that attends (drawn on top) left out.
int64_t drawn_area(const std::string& svg, const AttentionPicture& picture) {
  const std::regex rectangle(
      R"re(<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)" fill="#(\w+)" stroke="#fff")re");
  const int64_t unit = std::max<int64_t>(1, 640 / std::max(picture.height, picture.width));
  int64_t area = 0;
  for (std::sregex_iterator match(svg.begin(), svg.end(), rectangle), end; match != end; ++match) {
    if ((*match)[5] == "d7191c") continue;
    area += std::stoll((*match)[3]) * std::stoll((*match)[4]) / (unit * unit);
  }
  return area;
}

TEST(AttentionPicture, CoversTheGridOnce) {
  for (int i = 0; i < 30; ++i) {
    AttentionPicture picture;
    picture.height = test::random_int(1, 70);
    picture.width = test::random_int(1, 70);
    picture.cell = test::random_int(1, 5);
    picture.token_y = test::random_int(0, picture.height - 1);
    picture.token_x = test::random_int(0, picture.width - 1);
    EXPECT_EQ(drawn_area(attention_svg(picture), picture), picture.height * picture.width)
        << picture.height << " x " << picture.width << ", cell " << picture.cell << ", token " << picture.token_y << ","
        << picture.token_x;
  }
}

TEST(AttentionPicture, RefusesWhatCannotBeDrawn) {
  AttentionPicture picture;
  picture.token_x = picture.width;
  EXPECT_THROW(attention_svg(picture), ConfigError);
  picture = {};
  picture.height = 0;
  EXPECT_THROW(attention_svg(picture), ConfigError);
  picture = {};
  picture.width = 100000;
  EXPECT_THROW(attention_svg(picture), ConfigError);
  picture = {};
  picture.cell = 0;
  EXPECT_THROW(attention_svg(picture), ConfigError);
}

}  // namespace
}  // namespace multipole
