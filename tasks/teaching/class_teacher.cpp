#include "tasks/teaching/class_teacher.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/files/classifier_file.h"

namespace multipole {
namespace {

// Where the teacher has each of `classes`.
std::vector<int64_t> places_among(const std::filesystem::path& path, const std::vector<std::string>& classes) {
  const ModelMetadata teacher = read_model_metadata(path);
  if (teacher.task != kClassification) {
    throw ConfigError("teaching.teacher: " + path.string() + " is a model for " + teacher.task +
                      "; what teaches classes is a classifier (multipole distill train takes features of any model)");
  }
  std::vector<int64_t> places;
  std::vector<std::string> unknown;
  for (const auto& name : classes) {
    const auto found = std::find(teacher.classes.begin(), teacher.classes.end(), name);
    if (found == teacher.classes.end()) unknown.push_back(name);
    places.push_back(found - teacher.classes.begin());
  }
  if (!unknown.empty()) {
    throw ConfigError("teaching.teacher: " + path.string() + " does not know " + std::to_string(unknown.size()) +
                      " of the data's " + std::to_string(classes.size()) + " classes, the first being '" +
                      unknown.front() +
                      "'; train it on such data first (--init), or take its features: multipole distill train");
  }
  return places;
}

}  // namespace

ClassTeacher::ClassTeacher(const ClassTeachingConfig& config, const std::vector<std::string>& classes,
                           const Preprocessing& student, const Execution& execution)
    : config_(config),
      places_(torch::tensor(places_among(config.teacher, classes), torch::kLong).to(execution.device)),
      teacher_(config.teacher, student, execution) {}

torch::Tensor ClassTeacher::loss(const torch::Tensor& label_loss, const torch::Tensor& logits,
                                 const torch::Tensor& images) const {
  const auto taught = (teacher_.logits(images).index_select(1, places_) / config_.temperature).log_softmax(1);
  const auto own = (logits.to(torch::kFloat) / config_.temperature).log_softmax(1);
  const auto divergence = (taught.exp() * (taught - own)).sum(1).mean() * std::pow(config_.temperature, 2);
  return (1 - config_.weight) * label_loss + config_.weight * divergence;
}

Json class_teacher_fingerprint(const ClassTeachingConfig& config, const std::vector<std::string>& classes) {
  places_among(config.teacher, classes);
  return teacher_fingerprint(config.teacher);
}

}  // namespace multipole
