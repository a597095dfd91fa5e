#include <gtest/gtest.h>
#include <torch/types.h>

#include "base/fields.h"
#include "tasks/teaching/teacher.h"
#include "tests/support/model_file.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

class TeacherTest : public testing::Test {
 protected:
  // A classifier for 32 x 32 pixels with a normalisation of its own.
  TeacherTest() {
    ModelMetadata metadata = test::random_model_metadata({"a", "b", "c"});
    metadata.preprocessing = to_json_config(own_);
    save_model(path_, *VisionModel(metadata.architecture), metadata);
  }

  const test::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "teacher.safetensors";
  const Preprocessing own_{.image_size = 32, .mean = {0.1, 0.5, 0.9}, .std = {0.5, 0.25, 1.5}};
  const Preprocessing student_{.image_size = 32, .mean = {0.3, 0.4, 0.6}, .std = {0.2, 0.3, 0.4}};
};

TEST_F(TeacherTest, SeesThePictureThatTheStudentIsShown) {
  torch::manual_seed(test::test_seed());
  const auto picture = torch::randint(0, 256, {32, 32, 3}, torch::kUInt8);
  LoadedModel loaded = load_model(path_);
  const auto expected = loaded.model->forward(Normalizer(own_)(picture).unsqueeze(0));
  const Teacher teacher(path_, student_, {});
  const auto found = teacher.logits(Normalizer(student_)(picture).unsqueeze(0));
  EXPECT_LT((found - expected).abs().max().item<double>(), 1e-4);
  EXPECT_FALSE(found.requires_grad());
}

TEST_F(TeacherTest, ResizesToItsOwnSize) {
  torch::manual_seed(test::test_seed());
  // one colour is the same at any size
  const auto images = torch::rand({2, 3, 1, 1});
  const Teacher teacher(path_, student_, {});
  const auto own = teacher.embeddings(images.expand({2, 3, 32, 32}).contiguous());
  const auto larger = teacher.embeddings(images.expand({2, 3, 57, 57}).contiguous());
  EXPECT_EQ(own.size(1), teacher.embedding_dim());
  EXPECT_LT((own - larger).abs().max().item<double>(), 1e-4);
}

TEST_F(TeacherTest, IsToldFromAnotherByItsBytes) {
  const Json before = teacher_fingerprint(path_);
  EXPECT_EQ(before, teacher_fingerprint(path_));
  test::write_random_model(path_, {"a", "b", "c"});
  EXPECT_NE(before, teacher_fingerprint(path_));
}

}  // namespace
}  // namespace multipole
