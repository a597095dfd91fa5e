// A model file and a picture in, what the model's backbone makes of the picture out: one vector, or a map.
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
#include "tasks/embedding/embedding.h"
#include "tasks/inference/picture_model_options.h"
#include "tasks/inference/precision_times.h"

namespace multipole {

class PictureModel;
struct Preprocessing;

using EmbedderOptions = PictureModelOptions;

// Takes models of pictures of every task: published feature extractors, classifiers, segmentation models. Every method
// is const and may be called by several threads at once; none prints or changes anything outside of the object. A
// picture is a tensor (H, W, 3) uint8 in R, G and B; a cv::Mat in B, G and R (CV_8UC3), gray (CV_8UC1) or B, G, R and
// alpha (CV_8UC4, laid over white); or a file of any format that the library decodes.
class Embedder {
 public:
  // Throws ModelFileError for a file that is no model of pictures, ConfigError for options out of range, ResourceError
  // for a device that is absent.
  explicit Embedder(const std::filesystem::path& model, const EmbedderOptions& options = {});
  ~Embedder();
  Embedder(Embedder&&) noexcept;
  Embedder& operator=(Embedder&&) noexcept;

  // Of one picture: (embedding_dim) or (C, h, w) float32 on the CPU. Throws InputError for a picture of another type
  // and a file that cannot be read, ResourceError where memory runs out, and Error where the features are no finite
  // numbers.
  torch::Tensor embed(const torch::Tensor& picture, const EmbeddingQuestion& question = {}) const;
  torch::Tensor embed(const std::filesystem::path& picture, const EmbeddingQuestion& question = {}) const;
  torch::Tensor embed(const cv::Mat& picture, const EmbeddingQuestion& question = {}) const;

  // Of several, as many answers in their order. A picture that is of another type, cannot be read or has no finite
  // features has an error in their place, and the others are answered; whatever is not one picture's own is thrown.
  std::vector<Embedding> embed(std::span<const torch::Tensor> pictures, const EmbeddingQuestion& question = {}) const;
  std::vector<Embedding> embed(std::span<const std::filesystem::path> pictures,
                               const EmbeddingQuestion& question = {}) const;
  std::vector<Embedding> embed(std::span<const cv::Mat> pictures, const EmbeddingQuestion& question = {}) const;

  // Numbers of a vector, channels of a map, and pixels along each side of one of its tokens.
  int64_t embedding_dim() const;
  int64_t map_channels() const;
  int64_t map_stride() const;
  torch::Device device() const;
  // "float32" or "bfloat16".
  std::string precision() const;
  // What it was chosen by, where the options leave it open and there is work enough to measure.
  PrecisionTimes precision_times() const;

  // The parts that embed() is made of, for who makes batches of his own. What fails in them is torch's c10::Error.
  const Preprocessing& preprocessing() const;
  // Pictures (B, 3, h, w) float32, resized, cut and normalised by preprocessing(): B answers, whose features are
  // computed side by side by the call's threads.
  std::vector<Embedding> embed_batch(const torch::Tensor& batch, const EmbeddingQuestion& question = {}) const;

 private:
  using Read = std::function<DecodedImage(size_t index)>;

  torch::Tensor embed_one(const torch::Tensor& picture, const EmbeddingQuestion& question) const;
  std::vector<Embedding> embed_all(size_t count, const Read& read, const EmbeddingQuestion& question) const;

  std::unique_ptr<PictureModel> model_;
};

}  // namespace multipole
