#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "base/error.h"
#include "tasks/teaching/class_teacher.h"
#include "tests/support/model_file.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

class ClassTeacherTest : public testing::Test {
 protected:
  ClassTeacherTest() { test::write_random_model(path_, {"cat", "dog", "owl", "rat"}); }

  ClassTeacher teacher(const std::vector<std::string>& classes, double weight, double temperature) const {
    return ClassTeacher({.teacher = path_.string(), .weight = weight, .temperature = temperature}, classes,
                        Preprocessing{.image_size = 32}, {});
  }

  const test::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "teacher.safetensors";
};

TEST_F(ClassTeacherTest, IsTheDivergenceByItsDefinitionWithClassesByTheirNames) {
  torch::manual_seed(test::test_seed());
  const auto images = torch::randn({3, 3, 32, 32}), logits = torch::randn({3, 2});
  const double weight = 0.3, temperature = 1.7, label_loss = 0.9;
  LoadedModel loaded = load_model(path_);
  const torch::NoGradGuard no_grad;
  const auto taught = loaded.model->forward(images).to(torch::kDouble);
  double divergence = 0;
  for (int64_t i = 0; i < 3; ++i) {
    // the student's classes: owl, cat
    const double t0 = taught[i][2].item<double>() / temperature, t1 = taught[i][0].item<double>() / temperature;
    const double s0 = logits[i][0].item<double>() / temperature, s1 = logits[i][1].item<double>() / temperature;
    const double p0 = 1 / (1 + std::exp(t1 - t0)), q0 = 1 / (1 + std::exp(s1 - s0));
    divergence += p0 * std::log(p0 / q0) + (1 - p0) * std::log((1 - p0) / (1 - q0));
  }
  const double expected = (1 - weight) * label_loss + weight * temperature * temperature * divergence / 3;
  const auto found = teacher({"owl", "cat"}, weight, temperature).loss(torch::tensor(label_loss), logits, images);
  EXPECT_NEAR(found.item<double>(), expected, 1e-5);
}

TEST_F(ClassTeacherTest, TeachesNothingToWhoAnswersAsItDoes) {
  torch::manual_seed(test::test_seed());
  const auto images = torch::randn({2, 3, 32, 32});
  LoadedModel loaded = load_model(path_);
  auto logits = loaded.model->forward(images).detach().requires_grad_();
  const auto all = teacher({"cat", "dog", "owl", "rat"}, 1, 2);
  const auto loss = all.loss(torch::zeros({}), logits, images);
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), 0, 1e-6);
  EXPECT_LT(logits.grad().abs().max().item<double>(), 1e-6);
}

TEST_F(ClassTeacherTest, RefusesClassesThatItDoesNotKnow) {
  try {
    teacher({"cat", "emu"}, 0.5, 2);
    FAIL() << "taken";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("'emu'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace multipole
