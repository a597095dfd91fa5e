// A part of a picture reads as that part cut out.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <memory>

#include "tasks/segmentation/agreement/picture_part.h"
#include "tests/support/random_source.h"
#include "tests/tasks/segmentation/inference/masked_rows.h"

namespace multipole {
namespace {

using test::random_int;

TEST(PicturePart, IsWhatItCutsOut) {
  for (int round = 0; round < 20; ++round) {
    const int64_t height = random_int(1, 300), width = random_int(1, 90);
    const auto pixels = torch::randint(0, 256, {height, width, 3}, torch::kUInt8);
    const auto validity = torch::rand({height, width}) < 0.9;
    PictureBox box{.row = random_int(0, height - 1), .column = random_int(0, width - 1)};
    box.height = random_int(1, height - box.row);
    box.width = random_int(1, width - box.column);
    const auto part = part_of(std::make_unique<test::MaskedRows>(pixels, validity), box);
    ASSERT_EQ(part->height(), box.height);
    ASSERT_EQ(part->width(), box.width);
    const auto cut = [&](const torch::Tensor& of, int64_t row, int64_t rows) {
      return of.narrow(0, box.row + row, rows).narrow(1, box.column, box.width);
    };
    for (int64_t row = 0; row < box.height;) {
      const int64_t rows = std::min(box.height - row, random_int(1, 40));
      EXPECT_TRUE(part->read(rows).equal(cut(pixels, row, rows)));
      const auto valid = part->read_validity();
      EXPECT_TRUE((valid.defined() ? valid : torch::ones({rows, box.width}, torch::kBool))
                      .equal(cut(validity, row, rows)));
      row += rows;
    }
  }
}

}  // namespace
}  // namespace multipole
