#include "backbone/layers/patch_stem.h"

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {

PatchStemImpl::PatchStemImpl(int64_t in_channels, int64_t embed_dim, int64_t patch_size, double norm_eps) {
  proj_ = register_module("proj", PatchEmbedding(in_channels, embed_dim, patch_size));
  norm_ = register_module("norm", make_layer_norm(embed_dim, norm_eps));
}

double PatchStemImpl::count_parameters(int64_t in_channels, int64_t embed_dim, int64_t patch_size) {
  return PatchEmbeddingImpl::count_parameters(in_channels, embed_dim, patch_size) + layer_norm_parameters(embed_dim);
}

torch::Tensor PatchStemImpl::forward(const torch::Tensor& images) {
  return norm_(proj_->forward(images, PartialPatches::kPad));
}

}  // namespace multipole
