// OpenCV's pictures.
#include "datasets/pictures/mat_picture.h"
#include "tasks/embedding/embedder.h"

namespace multipole {

torch::Tensor Embedder::embed(const cv::Mat& picture, const EmbeddingQuestion& question) const {
  return embed_one(rgb_of(picture), question);
}

std::vector<Embedding> Embedder::embed(std::span<const cv::Mat> pictures, const EmbeddingQuestion& question) const {
  return embed_all(
      pictures.size(),
      [&](size_t i) {
        return DecodedImage{rgb_of(pictures[i]), {}};
      },
      question);
}

}  // namespace multipole
