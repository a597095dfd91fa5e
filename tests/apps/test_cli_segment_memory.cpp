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

// What varied sizes leave in the heap, and the kernels that oneDNN keeps for each shape, may not add up.
TEST(SegmentMemory, DoesNotGrowWithTheNumberOfPictures) {
  constexpr int kFew = 100, kAll = 500;
  constexpr int64_t kLargest = 192;
  constexpr double kMargin = 12;  // MiB
  const test::TemporaryFolder folder;
  test::write_random_segmenter(folder / "m.safetensors", {"a", "b", "c"});
  for (int i = 0; i < kAll; ++i) {
    // the largest first, so that whatever comes after fits what was taken already
    const int64_t height = i == 0 ? kLargest : test::random_int(1, kLargest);
    const int64_t width = i == 0 ? kLargest : test::random_int(1, kLargest);
    const std::string name = std::to_string(1000 + i) + ".png";
    const auto png = encode_png(torch::full({height, width, 3}, i % 256, torch::kUInt8));
    folder.write("all/" + name, png);
    if (i < kFew) folder.write("few/" + name, png);
  }
  const auto peak = [&](const std::string& pictures) {
    const auto result =
        test::run_multipole({"segment", "predict", "--model", (folder / "m.safetensors").string(), "--device", "cpu",
                             "--threads", "1", "--out", (folder / "out").string(), (folder / pictures).string()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return peak_of(result.err);
  };
  const double few = peak("few"), all = peak("all");
  EXPECT_LE(all, few + kMargin) << few << " MiB after " << kFew << " pictures, " << all << " after " << kAll;
}

}  // namespace
}  // namespace multipole
