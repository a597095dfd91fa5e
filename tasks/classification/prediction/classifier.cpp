#include "tasks/classification/prediction/classifier.h"

#include "engine/files/classifier_file.h"
#include "engine/runtime/batch_slices.h"
#include "engine/runtime/mirrored_logits.h"
#include "engine/runtime/thread_count.h"
#include "tasks/classification/prediction/class_answers.h"
#include "tasks/classification/report/explanation.h"
#include "tasks/inference/picture_model.h"

namespace multipole {

Classifier::Classifier(const std::filesystem::path& model, const ClassifierOptions& options)
    : model_(std::make_unique<PictureModel>(model, load_classifier, options)) {}

Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;

const std::vector<std::string>& Classifier::classes() const { return model_->metadata().classes; }
bool Classifier::has_several_classes() const { return is_multi_label(model_->metadata()); }
torch::Device Classifier::device() const { return model_->execution().device; }
std::string Classifier::precision() const { return model_->execution().precision_name(); }
PrecisionTimes Classifier::precision_times() const { return model_->precision_times(); }
const Preprocessing& Classifier::preprocessing() const { return model_->preprocessing(); }

torch::Tensor Classifier::logits(const torch::Tensor& batch, bool flip) const {
  const ThreadCount threads(model_->options().threads);
  torch::Tensor logits;
  {
    const c10::InferenceMode inference;
    const AutocastGuard autocast(model_->execution());
    const Mirror mirror = flip ? Mirror::kAverage : Mirror::kNever;
    logits = answer_in_slices(batch, device(), [this, mirror](const torch::Tensor& images) {
      VisionModel model = model_->model();
      return mirrored_logits(model, images.to(device()), mirror).to(torch::kCPU, torch::kFloat);
    });
  }
  return logits.clone();  // one that the caller may compute with in whatever mode he is
}

std::vector<ClassAnswer> Classifier::answers(const torch::Tensor& logits, const ClassQuestion& question) const {
  check_question(question, model_->metadata());
  return class_answers(logits, question, model_->metadata());
}

torch::Tensor Classifier::explain(const torch::Tensor& batch, const torch::Tensor& classes) const {
  const ThreadCount threads(model_->options().threads);
  VisionModel model = model_->model();
  return explanation_maps(model, batch.to(device()), classes.to(device()));
}

std::vector<ClassPrediction> Classifier::answer_one(const torch::Tensor& picture, const ClassQuestion& question) const {
  check_question(question, model_->metadata());
  const auto compute = [&](const torch::Tensor& batch) { return answers(logits(batch, question.flip), question); };
  return model_->answer_one(picture, compute).predictions;
}

std::vector<ClassAnswer> Classifier::answer_all(size_t count, const Read& read, const ClassQuestion& question) const {
  check_question(question, model_->metadata());
  const auto compute = [&](const torch::Tensor& batch) { return answers(logits(batch, question.flip), question); };
  return model_->answer_all<ClassAnswer>(count, read, compute);
}

std::vector<ClassPrediction> Classifier::predict(const torch::Tensor& picture, const ClassQuestion& question) const {
  return answer_one(picture, question);
}

std::vector<ClassPrediction> Classifier::predict(const std::filesystem::path& picture,
                                                 const ClassQuestion& question) const {
  return answer_one(model_->read(picture), question);
}

std::vector<ClassAnswer> Classifier::predict(std::span<const torch::Tensor> pictures,
                                             const ClassQuestion& question) const {
  return answer_all(
      pictures.size(),
      [&](size_t i) {
        return DecodedImage{pictures[i], {}};
      },
      question);
}

std::vector<ClassAnswer> Classifier::predict(std::span<const std::filesystem::path> pictures,
                                             const ClassQuestion& question) const {
  const auto read = [&](size_t i) { return model_->read_with_notes(pictures[i]); };
  return answer_all(pictures.size(), read, question);
}

}  // namespace multipole
