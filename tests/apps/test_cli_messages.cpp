// What a slip on the command line gets: the word that the user wrote, why it does not do, and what would.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>
#include <vector>

#include "datasets/pictures/image_encode.h"
#include "tests/support/process.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

class Messages : public ::testing::Test {
 protected:
  Messages() {
    test::write_random_model(classifier(), {"cat", "dog"});
    test::write_random_segmenter(segmenter(), {"sky", "road"});
    write_picture("p.png");
  }

  std::string name(const std::string& file) const { return (folder_ / file).string(); }
  std::string classifier() const { return name("classifier.safetensors"); }
  std::string segmenter() const { return name("segmenter.safetensors"); }
  void write_picture(const std::string& file) const {
    folder_.write(file, encode_png(torch::randint(0, 256, {40, 50, 3}, torch::kUInt8)));
  }

  // Standard error of a command that has to end with `exit_code`.
  static std::string error_of(const Words& words, int exit_code, const test::ProcessOptions& options = {}) {
    const auto result = run_multipole(words, options);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_EQ(result.out, "");
    return result.err;
  }

  test::TemporaryFolder folder_;
};

TEST_F(Messages, AMistypedOptionIsNamed) {
  const std::string required = error_of({"classify", "predict", "--modle", classifier(), name("p.png")}, 2);
  EXPECT_NE(required.find("unknown option '--modle'; did you mean '--model'?"), std::string::npos) << required;
  EXPECT_EQ(required.find("required"), std::string::npos) << "it is there, if misspelt: " << required;
  const std::string two = error_of({"classify", "predict", "--modle=" + classifier(), "-fromat", "json"}, 2);
  EXPECT_NE(two.find("unknown option '--modle'; did you mean '--model'?"), std::string::npos) << two;
  const std::string far = error_of({"doctor", "--qqqqqqqqqqqq"}, 2);
  EXPECT_NE(far.find("unknown option '--qqqqqqqqqqqq'\n"), std::string::npos) << far;
  const std::string command = error_of({"clasify"}, 2);
  EXPECT_NE(command.find("unknown command 'clasify'; did you mean 'classify'?"), std::string::npos) << command;
  const std::string extra = error_of({"doctor", "everything"}, 2);
  EXPECT_NE(extra.find("unexpected argument 'everything'"), std::string::npos) << extra;
  // another mistake keeps its own message
  const std::string value =
      error_of({"classify", "predict", "--model", classifier(), "--top-k", "x", "--fromat", "json", name("p.png")}, 2);
  EXPECT_NE(value.find("--top-k"), std::string::npos) << value;
  EXPECT_EQ(value.find("did you mean"), std::string::npos) << value;
  EXPECT_NE(error_of({"classify", "predict", name("p.png")}, 2).find("--model is required"), std::string::npos);
}

TEST_F(Messages, ATileThatIsTooSmall) {
  const auto tile = [&](Words words) {
    const Words start = {"segment", "predict", "--model", segmenter(), "--out", name("out"), "--device", "cpu"};
    words.insert(words.begin(), start.begin(), start.end());
    words.push_back(name("p.png"));
    return error_of(words, 2);
  };
  const std::string tiny = tile({"--tile", "10"});
  EXPECT_EQ(tiny.find(".tile"), std::string::npos) << tiny;
  EXPECT_NE(tiny.find("--tile 10 is too small: with an overlap of 32 pixels tiles need at least 64"), std::string::npos)
      << tiny;
  EXPECT_NE(tiny.find("give --tile 64 or more"), std::string::npos) << tiny;
  const std::string wide = tile({"--tile", "100", "--overlap", "96"});
  EXPECT_NE(wide.find("--tile 100 is too small: with an overlap of 96 pixels tiles need at least 192"),
            std::string::npos)
      << wide;
  EXPECT_NE(wide.find("or a smaller --overlap"), std::string::npos) << wide;
}

TEST_F(Messages, AnAbsentDeviceIsNamedByTheOption) {
  test::ProcessOptions no_cuda;
  no_cuda.environment = {{"CUDA_VISIBLE_DEVICES", ""}};
  for (const Words& words :
       {Words{"classify", "predict", "--model", classifier(), "--device", "cuda", name("p.png")},
        Words{"segment", "predict", "--model", segmenter(), "--out", name("out"), "--device", "cuda", name("p.png")}}) {
    const std::string text = error_of(words, 4, no_cuda);
    EXPECT_NE(text.find("--device is cuda, but this program sees no CUDA device"), std::string::npos) << text;
    EXPECT_EQ(text.find("train."), std::string::npos) << text;
  }
}

TEST_F(Messages, AMemoryLimitWithoutAUnit) {
  const std::string text = error_of(
      {"segment", "predict", "--model", segmenter(), "--out", name("out"), "--memory-limit", "2", name("p.png")}, 2);
  EXPECT_NE(text.find("--memory-limit 2 has no unit and would be 2 bytes; did you mean 2GiB?"), std::string::npos)
      << text;
}

TEST_F(Messages, BadFilesOfAnEvaluationAreCountedAndTheFirstIsNamed) {
  for (const char* kind : {"cat", "dog"}) {
    for (int i = 0; i < 3; ++i) write_picture("data/val/" + std::string(kind) + "/" + std::to_string(i) + ".png");
  }
  test::write_text(folder_ / "data/val/cat/1b.png", "no picture");
  test::write_text(folder_ / "data/val/dog/0b.png", "neither");
  const Words eval = {"classify", "eval", "--model", classifier(), "--data", name("data"), "--quiet"};
  const std::string text = error_of(eval, 3);
  EXPECT_NE(text.find("2 of 8 pictures cannot be read"), std::string::npos) << text;
  EXPECT_NE(text.find("first: cannot read " + name("data/val/cat/1b.png") + ": not an image"), std::string::npos)
      << text;
  EXPECT_NE(text.find("--on-error skip"), std::string::npos) << text;
  EXPECT_EQ(text.find("max_bad"), std::string::npos) << text;
}

TEST_F(Messages, BadFilesOfATrainingNameTheLimit) {
  for (const char* split : {"train", "val"}) {
    for (const char* kind : {"cat", "dog"}) {
      for (int i = 0; i < 3; ++i) {
        write_picture("data/" + std::string(split) + "/" + kind + "/" + std::to_string(i) + ".png");
      }
    }
  }
  test::write_text(folder_ / "data/train/cat/1.png", "no picture");
  const std::string text =
      error_of({"classify", "train", "--data", name("data"), "--out", name("run"), "--device", "cpu", "--epochs", "1",
                "--set", "model.backbone={\"embed_dims\":[16,16,24,24],\"depths\":[1,1,1,1],\"num_heads\":[2,2,2,2]}",
                "--set", "train.batch_size=8", "--set", "train.precision=float32", "--quiet"},
               3);
  EXPECT_NE(text.find("1 of 6 pictures cannot be read, and train.max_bad=0.01 allows 0"), std::string::npos) << text;
  EXPECT_NE(text.find("first: cannot read " + name("data/train/cat/1.png")), std::string::npos) << text;
  EXPECT_NE(text.find("multipole data check"), std::string::npos) << text;
}

}  // namespace
}  // namespace multipole
