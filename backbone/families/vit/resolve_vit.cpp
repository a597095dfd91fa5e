#include "backbone/families/vit/resolve_vit.h"

#include <algorithm>

#include "backbone/families/vit/feature_pyramid.h"
#include "backbone/families/vit/vit_attention.h"
#include "backbone/families/vit/vit_pooling.h"
#include "backbone/layers/parameter_count.h"
#include "backbone/layers/patch_embedding.h"

namespace multipole {

VitConfig resolve_vit_config(const VitConfig& config, const std::string& where) {
  VitConfig resolved = config;
  resolved.hidden_dim = config.mlp_hidden_dim();
  resolved.attention = resolve_vit_attention(config, where + ".attention");
  return resolved;
}

BlockShape vit_block_shape(const VitConfig& config, int64_t block) {
  return {.attention_shape = {.embed_dim = config.embed_dim,
                              .num_heads = config.num_heads,
                              .grid_size = (config.image_size + config.patch_size - 1) / config.patch_size,
                              .block = block,
                              .prefix_tokens = config.prefix_tokens()},
          .attention = vit_block_attention(config, block),
          .hidden_dim = config.mlp_hidden_dim(),
          .norm_eps = config.norm_eps,
          .layer_scale_init = config.layer_scale_init,
          .activation = activation_from_name(config.activation, "activation"),
          .gated_mlp = config.gated_mlp};
}

std::vector<FeatureInfo> vit_feature_info(const VitConfig& config) {
  if (config.pyramid) return feature_pyramid_info(config.embed_dim, config.patch_size);
  const FeatureInfo grid = {.num_channels = config.embed_dim, .stride = config.patch_size};
  return std::vector<FeatureInfo>(std::max<size_t>(1, config.map_blocks.size()), grid);
}

std::vector<ModelPart> vit_parts(const VitConfig& config, const std::string& where) {
  const int64_t embed_dim = config.embed_dim;
  const auto width = static_cast<double>(embed_dim), grid = static_cast<double>(config.position_grid());
  double ends = VitPoolingImpl::count_parameters(config);
  if (config.pre_norm) ends += layer_norm_parameters(embed_dim);
  if (config.final_norm) ends += layer_norm_parameters(embed_dim);
  if (config.pyramid) ends += FeaturePyramidImpl::count_parameters(embed_dim, config.patch_size);
  const auto block_parameters = [&](int64_t block) {
    return count_block_parameters(vit_block_shape(config, block), where + ".attention");
  };
  double blocks = static_cast<double>(config.depth) * block_parameters(0);
  if (config.attention.is_array()) {
    blocks = 0;
    for (int64_t block = 0; block < config.depth; ++block) blocks += block_parameters(block);
  }
  return {
      {.name = "the patches (" + std::to_string(config.patch_size) + " x " + std::to_string(config.patch_size) + ")",
       .parameters = PatchEmbeddingImpl::count_parameters(config.in_channels, embed_dim, config.patch_size)},
      {.name = "the positions and prefix tokens",
       .parameters = (config.positions == "learned" ? grid * grid * width : 0) +
                     static_cast<double>(config.prefix_tokens()) * width},
      {.name = std::to_string(config.depth) + " blocks of " + std::to_string(embed_dim) + " channels",
       .parameters = blocks,
       .blocks = static_cast<double>(config.depth)},
      {.name = "norms, pooling and maps", .parameters = ends}};
}

}  // namespace multipole
