// A trained classifier that answers: a model file and a picture in, classes and their probabilities out.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

#include "datasets/codecs/image_decode.h"
#include "tasks/classification/prediction/class_prediction.h"
#include "tasks/inference/picture_model_options.h"
#include "tasks/inference/precision_times.h"

namespace multipole {

class PictureModel;
struct Preprocessing;

using ClassifierOptions = PictureModelOptions;

// Every method is const and may be called by several threads at once; none prints or changes anything outside of the
// object. A picture is a tensor (H, W, 3) uint8 in R, G and B; a cv::Mat in B, G and R (CV_8UC3), gray (CV_8UC1) or B,
// G, R and alpha (CV_8UC4, laid over white); or a file of any format that the library decodes.
class Classifier {
 public:
  // Throws ModelFileError for a file that is no classifier, ConfigError for options out of range, ResourceError for a
  // device that is absent.
  explicit Classifier(const std::filesystem::path& model, const ClassifierOptions& options = {});
  ~Classifier();
  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;

  // Of one picture: the most probable class first. Throws InputError for a picture of another type and a file that
  // cannot be read, ConfigError for a question that the model cannot be asked, ResourceError where memory runs out, and
  // Error where the model has no answer, its logits being no finite numbers.
  std::vector<ClassPrediction> predict(const torch::Tensor& picture, const ClassQuestion& question = {}) const;
  std::vector<ClassPrediction> predict(const std::filesystem::path& picture, const ClassQuestion& question = {}) const;

  // Of several, as many answers in their order. A picture that is of another type, cannot be read or has no answer has
  // an error in place of predictions, and the others are answered; whatever is not one picture's own is thrown.
  std::vector<ClassAnswer> predict(std::span<const torch::Tensor> pictures, const ClassQuestion& question = {}) const;
  std::vector<ClassAnswer> predict(std::span<const std::filesystem::path> pictures,
                                   const ClassQuestion& question = {}) const;

  std::vector<ClassPrediction> predict(const cv::Mat& picture, const ClassQuestion& question = {}) const;
  std::vector<ClassAnswer> predict(std::span<const cv::Mat> pictures, const ClassQuestion& question = {}) const;

  // In the order of the logits.
  const std::vector<std::string>& classes() const;
  // Whether a picture may show any number of them, each with a probability of its own.
  bool has_several_classes() const;
  torch::Device device() const;
  // "float32" or "bfloat16".
  std::string precision() const;
  // What it was chosen by, where the options leave it open and there is work enough to measure.
  PrecisionTimes precision_times() const;

  // The parts that predict() is made of, for who makes batches of his own. What fails in them is torch's c10::Error.
  const Preprocessing& preprocessing() const;
  // Pictures (B, 3, h, w) float32, resized, cut and normalised by preprocessing() -> (B, classes) float32 on the CPU,
  // computed side by side by the call's threads, a few pictures each.
  // `flip` as ClassQuestion has it.
  torch::Tensor logits(const torch::Tensor& batch, bool flip = false) const;
  std::vector<ClassAnswer> answers(const torch::Tensor& logits, const ClassQuestion& question = {}) const;
  // Where in each picture of the batch the model saw the class of that picture: (B, h, w) float32 from 0 to 1 on the
  // CPU (tasks/classification/report/explanation.h). `classes` is (B) int64.
  torch::Tensor explain(const torch::Tensor& batch, const torch::Tensor& classes) const;

 private:
  using Read = std::function<DecodedImage(size_t index)>;

  std::vector<ClassPrediction> answer_one(const torch::Tensor& picture, const ClassQuestion& question) const;
  std::vector<ClassAnswer> answer_all(size_t count, const Read& read, const ClassQuestion& question) const;

  std::unique_ptr<PictureModel> model_;
};

}  // namespace multipole
