// Memory of `segment predict` over many pictures of varied sizes: it may not grow with their number.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cstdlib>
#include <string>

#include "datasets/image_encode.h"
#include "tests/support/process.h"
#include "tests/support/random_source.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

// MiB, from the line "peak memory 312 MiB".
double peak_of(const std::string& err) {
  const std::string mark = "peak memory ";
  const auto at = err.find(mark);
  if (at == err.npos) ADD_FAILURE() << err;
  const double number = std::strtod(err.c_str() + at + mark.size(), nullptr);
  return err.find("GiB", at) == err.npos ? number : number * 1024;
}

TEST(SegmentMemory, DoesNotGrowWithTheNumberOfPictures) {
  const test::TemporaryFolder folder;
  test::write_random_segmenter(folder / "m.safetensors", {"a", "b", "c"});
  // the largest first, so that whatever comes after fits what was taken already
  for (int i = 0; i < 60; ++i) {
    const int64_t height = i == 0 ? 400 : test::random_int(1, 400), width = i == 0 ? 400 : test::random_int(1, 400);
    std::string name = std::to_string(1000 + i) + ".png";
    const auto png = encode_png(torch::randint(0, 256, {height, width, 3}, torch::kUInt8));
    folder.write("all/" + name, png);
    if (i < 10) folder.write("few/" + name, png);
  }
  const auto peak = [&](const std::string& pictures) {
    const auto result =
        test::run_multipole({"segment", "predict", "--model", (folder / "m.safetensors").string(), "--device", "cpu",
                             "--out", (folder / "out").string(), (folder / pictures).string()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return peak_of(result.err);
  };
  EXPECT_LE(peak("all"), peak("few") + 64);
}

}  // namespace
}  // namespace multipole
