#include "backbone/families/pyramid/resolve_pyramid.h"

#include <cmath>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/families/pyramid/stage_embedding.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {
PyramidConfig resolve_pyramid_config(const PyramidConfig& config, const std::string& where) {
  PyramidConfig resolved = config;
  resolved.attention = resolve_attention_config(config.attention, where + ".attention");
  for (size_t i = 0; i < config.stage_attention.size(); ++i) {
    const auto stage = static_cast<int64_t>(i);
    const Json complete = resolve_attention_config(resolved.attention_of(stage), stage_place(where, stage));
    if (complete["type"] != resolved.attention["type"]) resolved.stage_attention[i] = complete;
  }
  return resolved;
}

std::string stage_place(const std::string& where, int64_t stage) {
  return where + ".attention (stage " + std::to_string(stage) + ")";
}

AttentionShape attention_shape(const PyramidConfig& config, int64_t stage, int64_t block) {
  const int64_t stride = config.stride(stage);
  return {.embed_dim = config.embed_dims[stage],
          .num_heads = config.num_heads[stage],
          .grid_size = (config.image_size + stride - 1) / stride,
          .block = block};
}

BlockShape block_shape(const PyramidConfig& config, int64_t stage, int64_t block) {
  return {.attention_shape = attention_shape(config, stage, block),
          .attention = config.attention_of(stage),
          .hidden_dim = std::llround(static_cast<double>(config.embed_dims[stage]) * config.mlp_ratio),
          .norm_eps = config.norm_eps,
          .layer_scale_init = config.layer_scale_init,
          .position_conv = config.position_conv,
          .mlp_conv = config.mlp_conv,
          .mlp_kernel = config.mlp_kernel(stage)};
}

std::vector<ModelPart> pyramid_parts(const PyramidConfig& config, const std::string& where) {
  std::vector<ModelPart> parts = {{.name = "the stem (" + std::to_string(config.in_channels) + " to " +
                                           std::to_string(config.embed_dims[0]) + " channels)",
                                   .parameters = count_stage_embedding_parameters(config, 0)}};
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    const int64_t embed_dim = config.embed_dims[stage], depth = config.depths[stage];
    // all blocks of a stage have the same parameters
    double parameters =
        static_cast<double>(depth) * count_block_parameters(block_shape(config, stage), stage_place(where, stage));
    if (config.has_norm(stage)) parameters += layer_norm_parameters(embed_dim);
    if (stage > 0) parameters += count_stage_embedding_parameters(config, stage);
    parts.push_back({.name = "stage " + std::to_string(stage) + " (" + std::to_string(depth) + " blocks of " +
                             std::to_string(embed_dim) + " channels)",
                     .parameters = parameters,
                     .blocks = static_cast<double>(depth)});
  }
  return parts;
}

}  // namespace multipole
