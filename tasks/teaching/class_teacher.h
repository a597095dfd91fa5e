// Distillation of a classifier's answers (Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", arXiv
// 1503.02531).
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "tasks/teaching/class_teaching_config.h"
#include "tasks/teaching/teacher.h"

namespace multipole {

class ClassTeacher {
 public:
  // `classes` are the student's, in the order of its logits; the teacher may know more, which are left out of its
  // answer. Throws ConfigError where it does not know all of them or is no classifier of one class a picture, and what
  // load_model() throws.
  ClassTeacher(const ClassTeachingConfig& config, const std::vector<std::string>& classes, const Preprocessing& student,
               const Execution& execution);

  // (1 - weight) * label_loss + weight * temperature^2 * KL(teacher || student), the mean over the batch: a scalar.
  // logits (B, classes) are the student's of `images` (Teacher::logits).
  torch::Tensor loss(const torch::Tensor& label_loss, const torch::Tensor& logits, const torch::Tensor& images) const;

 private:
  ClassTeachingConfig config_;
  torch::Tensor places_;  // of the student's classes among the teacher's
  Teacher teacher_;
};

// What identifies the teacher among a training's data, {"file", "checksum"}; checked as ClassTeacher's constructor
// does.
Json class_teacher_fingerprint(const ClassTeachingConfig& config, const std::vector<std::string>& classes);

}  // namespace multipole
