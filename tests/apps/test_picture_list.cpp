// What fails in one picture is that picture's own trouble.
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "apps/arguments/picture_list.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

template <class Failure>
std::string reason_of(const Failure& failure) {
  try {
    work_on_picture("in/a.png", [&]() -> int { throw failure; });
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

TEST(PictureList, AnyFailureOfAPictureIsAnInputErrorThatNamesIt) {
  EXPECT_EQ(reason_of(std::runtime_error("a defect")), "in/a.png: a defect");
  EXPECT_EQ(reason_of(std::bad_alloc()).find("in/a.png: "), 0u);
  EXPECT_NE(reason_of(std::bad_alloc()).find("out of memory"), std::string::npos);
  EXPECT_EQ(reason_of(InputError("cannot read in/a.png: why")), "cannot read in/a.png: why");
  EXPECT_THROW(reason_of(ConfigError("wrong use")), ConfigError);
  EXPECT_EQ(work_on_picture("in/a.png", [] { return 5; }), 5);
}

TEST(PictureList, SamplesAreFittedAndSayWhatDecodingLeftOut) {
  const test::TemporaryFolder folder;
  // the first of two pages is taken, with a note
  test::RawTiff pages;
  pages.num_pages = 2;
  pages.data = {1, 2, 3};
  const auto path = folder.write("a.tif", test::encode_raw_tiff(pages));
  const Preprocessing preprocessing{.image_size = 4};
  const PictureList list({path, folder / "none.tif"}, {}, preprocessing);
  const Sample sample = list.get(0);
  EXPECT_EQ(sample.path, path.string());
  EXPECT_EQ(sample.notes.size(), 1u);
  EXPECT_EQ(sample.image.sizes(), (std::vector<int64_t>{4, 4, 3}));
  EXPECT_THROW(list.get(1), InputError);
}

}  // namespace
}  // namespace multipole
