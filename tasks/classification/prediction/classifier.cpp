#include "tasks/classification/prediction/classifier.h"

#include <algorithm>

#include "base/error.h"
#include "base/fields.h"
#include "datasets/pictures/preprocessing.h"
#include "datasets/pictures/rgb_picture.h"
#include "engine/files/classifier_file.h"
#include "engine/runtime/execution.h"
#include "engine/runtime/library_errors.h"
#include "engine/runtime/thread_count.h"
#include "tasks/classification/prediction/class_answers.h"
#include "tasks/classification/report/explanation.h"

namespace multipole {
namespace {

Execution checked_execution(const ClassifierOptions& options) {
  require(options.threads >= 0, "threads", "must not be negative", options.threads);
  require(options.batch_size >= 1, "batch_size", "must be at least 1", options.batch_size);
  return select_execution(options.device, options.precision, 0, "device", "precision");
}

}  // namespace

struct Classifier::Parts {
  Parts(const std::filesystem::path& path, const ClassifierOptions& given)
      : options(given),
        execution(checked_execution(given)),
        loaded(load_classifier(path)),
        preprocessing(config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing")),
        normalizer(preprocessing) {
    loaded.model->to(execution.device);
  }

  // Of pictures that are resized and cut, (H, W, 3) uint8 each: (B, 3, H, W) float32, channels-last.
  torch::Tensor batch(const std::vector<torch::Tensor>& pictures) const {
    const auto count = static_cast<int64_t>(pictures.size()), numbers = pictures.front().numel();
    torch::Tensor images = torch::empty({count, pictures.front().size(0), pictures.front().size(1), 3}, torch::kFloat);
    for (int64_t i = 0; i < count; ++i) {
      normalizer.write(pictures[static_cast<size_t>(i)], images.data_ptr<float>() + i * numbers);
    }
    return images.permute({0, 3, 1, 2});
  }

  torch::Tensor resized(const torch::Tensor& picture) const {
    return resize_center_crop(rgb_picture(picture), preprocessing);
  }

  ClassifierOptions options;
  Execution execution;
  LoadedModel loaded;  // forward() of a model in evaluation mode changes nothing in it
  Preprocessing preprocessing;
  Normalizer normalizer;
};

Classifier::Classifier(const std::filesystem::path& model, const ClassifierOptions& options)
    : parts_(std::make_unique<Parts>(model, options)) {}

Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;

const std::vector<std::string>& Classifier::classes() const { return parts_->loaded.metadata.classes; }
bool Classifier::has_several_classes() const { return is_multi_label(parts_->loaded.metadata); }
torch::Device Classifier::device() const { return parts_->execution.device; }
std::string Classifier::precision() const { return parts_->execution.precision_name(); }
const Preprocessing& Classifier::preprocessing() const { return parts_->preprocessing; }

torch::Tensor Classifier::logits(const torch::Tensor& batch) const {
  const ThreadCount threads(parts_->options.threads);
  torch::Tensor logits;
  {
    const c10::InferenceMode inference;
    const AutocastGuard autocast(parts_->execution);
    logits = parts_->loaded.model->forward(batch.to(parts_->execution.device)).to(torch::kCPU, torch::kFloat);
  }
  return logits.clone();  // one that the caller may compute with in whatever mode he is
}

std::vector<ClassAnswer> Classifier::answers(const torch::Tensor& logits, const ClassQuestion& question) const {
  check_question(question, parts_->loaded.metadata);
  return class_answers(logits, question, parts_->loaded.metadata);
}

torch::Tensor Classifier::explain(const torch::Tensor& batch, const torch::Tensor& classes) const {
  const ThreadCount threads(parts_->options.threads);
  const auto device = parts_->execution.device;
  return explanation_maps(parts_->loaded.model, batch.to(device), classes.to(device));
}

std::vector<ClassPrediction> Classifier::answer_one(const torch::Tensor& picture, const ClassQuestion& question) const {
  check_question(question, parts_->loaded.metadata);
  return with_library_errors([&] {
    const auto batch = parts_->batch({parts_->resized(picture)});
    ClassAnswer answer = answers(logits(batch), question).front();
    if (!answer.error.empty()) throw Error(answer.error);
    return std::move(answer.predictions);
  });
}

std::vector<ClassAnswer> Classifier::answer_all(size_t count, const Read& read, const ClassQuestion& question) const {
  check_question(question, parts_->loaded.metadata);
  const auto at_a_time = static_cast<size_t>(parts_->options.batch_size);
  return with_library_errors([&] {
    std::vector<ClassAnswer> all(count);
    for (size_t begin = 0; begin < count; begin += at_a_time) {
      std::vector<torch::Tensor> pictures;
      std::vector<size_t> places;
      for (size_t i = begin; i < std::min(count, begin + at_a_time); ++i) {
        try {
          DecodedImage picture = read(i);
          pictures.push_back(parts_->resized(picture.pixels));
          all[i].notes = std::move(picture.notes);
          places.push_back(i);
        } catch (const InputError& error) {
          all[i].error = error.what();
        }
      }
      if (pictures.empty()) continue;
      auto found = answers(logits(parts_->batch(pictures)), question);
      for (size_t i = 0; i < places.size(); ++i) {
        all[places[i]].predictions = std::move(found[i].predictions);
        all[places[i]].error = std::move(found[i].error);
      }
    }
    return all;
  });
}

std::vector<ClassPrediction> Classifier::predict(const torch::Tensor& picture, const ClassQuestion& question) const {
  return answer_one(picture, question);
}

std::vector<ClassPrediction> Classifier::predict(const std::filesystem::path& picture,
                                                 const ClassQuestion& question) const {
  return answer_one(with_library_errors([&] { return read_image(picture, parts_->options.decode); }), question);
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
  const auto read = [&](size_t i) { return read_image_with_notes(pictures[i], parts_->options.decode); };
  return answer_all(pictures.size(), read, question);
}

}  // namespace multipole
