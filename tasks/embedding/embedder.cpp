#include "tasks/embedding/embedder.h"

#include "engine/runtime/thread_count.h"
#include "tasks/embedding/similarity.h"
#include "tasks/inference/features.h"
#include "tasks/inference/picture_model.h"

namespace multipole {
namespace {

constexpr const char* kNotFinite = "its features are no finite numbers";

LoadedModel load_any(const std::filesystem::path& path) { return load_model(path); }

}  // namespace

Embedder::Embedder(const std::filesystem::path& model, const EmbedderOptions& options)
    : model_(std::make_unique<PictureModel>(model, load_any, options)) {}

Embedder::~Embedder() = default;
Embedder::Embedder(Embedder&&) noexcept = default;
Embedder& Embedder::operator=(Embedder&&) noexcept = default;

int64_t Embedder::embedding_dim() const { return model_->backbone().embedding_dim(); }
int64_t Embedder::map_channels() const { return model_->backbone().feature_info().back().num_channels; }
int64_t Embedder::map_stride() const { return model_->backbone().feature_info().back().stride; }
torch::Device Embedder::device() const { return model_->execution().device; }
std::string Embedder::precision() const { return model_->execution().precision_name(); }
PrecisionTimes Embedder::precision_times() const { return model_->precision_times(); }
const Preprocessing& Embedder::preprocessing() const { return model_->preprocessing(); }

std::vector<Embedding> Embedder::embed_batch(const torch::Tensor& batch, const EmbeddingQuestion& question) const {
  const ThreadCount threads(model_->options().threads);
  VisionModel model = model_->model();
  auto features = backbone_features(*model, batch, question.kind, model_->execution());
  const auto finite = features.isfinite().flatten(1).all(1);
  if (question.normalize) features = unit_vectors(features);
  std::vector<Embedding> embeddings(static_cast<size_t>(features.size(0)));
  for (int64_t i = 0; i < features.size(0); ++i) {
    Embedding& embedding = embeddings[static_cast<size_t>(i)];
    if (finite[i].item<bool>()) {
      embedding.features = features[i].clone();  // which does not keep the others
    } else {
      embedding.error = kNotFinite;
    }
  }
  return embeddings;
}

torch::Tensor Embedder::embed_one(const torch::Tensor& picture, const EmbeddingQuestion& question) const {
  const auto compute = [&](const torch::Tensor& batch) { return embed_batch(batch, question); };
  return model_->answer_one(picture, compute).features;
}

std::vector<Embedding> Embedder::embed_all(size_t count, const Read& read, const EmbeddingQuestion& question) const {
  const auto compute = [&](const torch::Tensor& batch) { return embed_batch(batch, question); };
  return model_->answer_all<Embedding>(count, read, compute);
}

torch::Tensor Embedder::embed(const torch::Tensor& picture, const EmbeddingQuestion& question) const {
  return embed_one(picture, question);
}

torch::Tensor Embedder::embed(const std::filesystem::path& picture, const EmbeddingQuestion& question) const {
  return embed_one(model_->read(picture), question);
}

std::vector<Embedding> Embedder::embed(std::span<const torch::Tensor> pictures,
                                       const EmbeddingQuestion& question) const {
  return embed_all(
      pictures.size(),
      [&](size_t i) {
        return DecodedImage{pictures[i], {}};
      },
      question);
}

std::vector<Embedding> Embedder::embed(std::span<const std::filesystem::path> pictures,
                                       const EmbeddingQuestion& question) const {
  return embed_all(
      pictures.size(), [&](size_t i) { return model_->read_with_notes(pictures[i]); }, question);
}

}  // namespace multipole
