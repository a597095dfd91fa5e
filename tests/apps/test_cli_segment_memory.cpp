// Memory of `segment predict`: over many pictures of varied sizes it may not grow with their number, and for a large
// picture it stays within the limit that the user sets.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "datasets/pictures/image_encode.h"
#include "tests/support/process.h"
#include "tests/support/random_source.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

// MiB that follow `mark` in what the program said, such as "peak memory 312 MiB".
double mebibytes_after(const std::string& mark, const std::string& err) {
  const auto at = err.find(mark);
  if (at == err.npos) ADD_FAILURE() << err;
  const double number = std::strtod(err.c_str() + at + mark.size(), nullptr);
  return err.compare(err.find("iB", at) - 1, 1, "G") == 0 ? number * 1024 : number;
}

double peak_of(const std::string& err) { return mebibytes_after("peak memory ", err); }

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

TEST(SegmentMemory, StaysWithinTheLimit) {
  const test::TemporaryFolder folder;
  test::write_random_segmenter(folder / "m.safetensors", {"a", "b", "c"});
  const auto picture = [&](const std::string& name, int64_t height, int64_t width) {
    folder.write(name, encode_png(torch::randint(0, 256, {height, width, 3}, torch::kUInt8)));
    return (folder / name).string();
  };
  const auto predict = [&](const std::string& path, std::vector<std::string> more) {
    std::vector<std::string> arguments = {"segment",   "predict",
                                          "--model",   (folder / "m.safetensors").string(),
                                          "--device",  "cpu",
                                          "--threads", "1",
                                          "--out",     (folder / "out").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(path);
    const auto result = test::run_multipole(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.err;
  };
  // whole, it is a tile of a size whose blocks are kept
  const auto large = picture("large.png", test::random_int(1500, 1600), test::random_int(1500, 1600));
  const auto whole = predict(large, {});
  const double least = peak_of(predict(picture("small.png", 64, 64), {})), most = peak_of(whole);
  // what is announced has been seen up to 11% below the peak; scratch memory past the tensors' allocator is a guess
  EXPECT_GE(mebibytes_after("about ", whole), 0.8 * most) << whole;
  const auto limit = static_cast<int64_t>((least + most) / 2);
  const auto tiled = predict(large, {"--memory-limit", std::to_string(limit) + "MiB"});
  EXPECT_NE(tiled.find("tiles of up to"), tiled.npos) << tiled;
  EXPECT_LE(peak_of(tiled), static_cast<double>(limit)) << tiled;
}

}  // namespace
}  // namespace multipole
