#include "backbone/families/pyramid/stage_embedding.h"

#include "backbone/layers/overlapping_embedding.h"
#include "backbone/layers/parameter_count.h"
#include "backbone/layers/patch_merging.h"
#include "backbone/layers/patch_stem.h"
#include "backbone/layers/stem.h"
#include "backbone/layers/token_conv.h"
#include "backbone/layers/token_mass.h"

namespace multipole {
namespace {

// Of tokens, which are masked by whoever knows their masses.
template <class Holder>
StageEmbedding embedding_of(Holder holder) {
  return {.module = holder.ptr(),
          .forward = [holder](const torch::Tensor& x, const torch::Tensor&) mutable { return holder(x); }};
}

// Of pixels, `stride` of them along each side of a token.
template <class Holder>
StageEmbedding pixel_embedding(Holder holder, int64_t stride) {
  const auto forward = [holder, stride](const torch::Tensor& images, const torch::Tensor& validity) mutable {
    const auto mass = validity.defined() ? coarsen_mass(validity, stride) : torch::Tensor();
    return zero_masked(holder(images), mass);
  };
  return {.module = holder.ptr(), .forward = forward};
}

TokenConvShape overlapping_shape(const PyramidConfig& config, int64_t stage) {
  constexpr int64_t kPixelKernel = 7, kTokenKernel = 3;
  const bool first = stage == 0;
  return {.in_channels = first ? config.in_channels : config.embed_dims[stage - 1],
          .out_channels = config.embed_dims[stage],
          .stride = first ? config.stem_stride : 2,
          .size = first ? kPixelKernel : kTokenKernel};
}

StageEmbedding overlapping_embedding(const PyramidConfig& config, int64_t stage) {
  OverlappingEmbedding embedding(overlapping_shape(config, stage), config.norm_eps);
  if (stage > 0) return embedding_of(embedding);
  const auto forward = [embedding, stride = config.stem_stride](const torch::Tensor& images,
                                                                const torch::Tensor& validity) mutable {
    const auto mass = validity.defined() ? coarsen_mass(validity, stride) : torch::Tensor();
    return zero_masked(embedding(images.permute({0, 2, 3, 1}).contiguous()), mass);
  };
  return {.module = embedding.ptr(), .forward = forward};
}

}  // namespace

StageEmbedding make_stage_embedding(const PyramidConfig& config, int64_t stage) {
  const int64_t embed_dim = config.embed_dims[stage];
  if (config.embedding == "overlapping") return overlapping_embedding(config, stage);
  if (stage == 0) {
    if (config.embedding == "patches") {
      return pixel_embedding(PatchStem(config.in_channels, embed_dim, config.stem_stride, config.norm_eps),
                             config.stem_stride);
    }
    Stem stem(StemShape{.in_channels = config.in_channels,
                        .embed_dim = embed_dim,
                        .stride = config.stem_stride,
                        .norm_eps = config.norm_eps});
    return {.module = stem.ptr(),
            .forward = [stem](const torch::Tensor& images, const torch::Tensor& validity) mutable {
              return stem(images, validity);
            }};
  }
  const int64_t inputs = config.embed_dims[stage - 1];
  if (config.embedding == "patches") return embedding_of(PatchMerging(inputs, embed_dim, config.norm_eps));
  return embedding_of(TokenConv(TokenConvShape{.in_channels = inputs, .out_channels = embed_dim, .stride = 2}));
}

double count_stage_embedding_parameters(const PyramidConfig& config, int64_t stage) {
  const int64_t embed_dim = config.embed_dims[stage];
  if (config.embedding == "overlapping") {
    return OverlappingEmbeddingImpl::count_parameters(overlapping_shape(config, stage));
  }
  if (stage > 0) {
    const int64_t inputs = config.embed_dims[stage - 1];
    return config.embedding == "patches" ? PatchMergingImpl::count_parameters(inputs, embed_dim)
                                         : token_conv_parameters(inputs, embed_dim);
  }
  if (config.embedding == "patches") {
    return PatchStemImpl::count_parameters(config.in_channels, embed_dim, config.stem_stride);
  }
  const int64_t hidden_dim = (embed_dim + 1) / 2;
  return token_conv_parameters(config.in_channels, hidden_dim) + layer_norm_parameters(hidden_dim) +
         token_conv_parameters(hidden_dim, embed_dim) + layer_norm_parameters(embed_dim);
}

}  // namespace multipole
