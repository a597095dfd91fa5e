// Thirty microscope pictures with masks of 0 and 255 in image/ and label/, and nothing else: one command trains, and
// what the model says of a new picture is right.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>

#include "datasets/masks/mask_decode.h"
#include "tests/datasets/segmentation/blob_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

TEST(Newcomer, OneCommandTrainsAndTheAnswerIsRight) {
  constexpr int64_t kPictureSide = 64;
  const test::TemporaryFolder root;
  torch::manual_seed(static_cast<int64_t>(test::test_seed()));
  test::write_blobs(root, "data/image", "data/label", 30, kPictureSide);
  const auto trained =
      test::run_multipole({"segment", "train", "--data", (root / "data").string(), "--out", (root / "run").string(),
                           "--epochs", "12", "--set", "augmentation.crop_size=[64,64]", "--set", "train.batch_size=4"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_NE(trained.err.find("'background' and 'foreground'"), std::string::npos) << trained.err;

  double both = 0, either = 0, blobs = 0;
  constexpr int kNew = 3;
  for (int i = 0; i < kNew; ++i) {
    const auto [picture, ids] = test::draw_blobs(kPictureSide);
    const std::string name = "new" + std::to_string(i);
    root.write(name + ".png", encode_png(picture));
    const auto predicted =
        test::run_multipole({"segment", "predict", "--model", (root / "run/best.safetensors").string(), "--out",
                             (root / "out").string(), "--quiet", (root / (name + ".png")).string()});
    ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
    const auto taken = read_mask(root / "out" / (name + ".png")).values.eq(1), truth = ids.eq(1);
    both += (taken & truth).sum().item<double>();
    either += (taken | truth).sum().item<double>();
    blobs += truth.sum().item<double>();
  }
  // who calls everything a blob has the blobs' share as IoU
  const double chance = blobs / (kNew * kPictureSide * kPictureSide);
  EXPECT_LT(chance, 0.5);
  EXPECT_GT(both / either, 0.75) << "chance is " << chance << "\n" << trained.out;
}

}  // namespace
}  // namespace multipole
