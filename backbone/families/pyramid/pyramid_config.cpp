#include "backbone/families/pyramid/pyramid_config.h"

#include "base/sizes.h"

namespace multipole {
namespace {

void require_stage_sizes(const std::vector<int64_t>& values, const std::string& where) {
  require(values.size() == kNumStages, where, "must have 4 entries, one a stage", values);
  for (size_t i = 0; i < values.size(); ++i) require_size(values[i], where + "[" + std::to_string(i) + "]");
}

}  // namespace

void PyramidConfig::validate(const std::string& where) const {
  require_size(in_channels, where + ".in_channels");
  require_size(image_size, where + ".image_size");
  require(stem_stride == 1 || stem_stride == 2 || stem_stride == 4, where + ".stem_stride", "must be 1, 2 or 4",
          stem_stride);
  require(embedding == "convolutional" || embedding == "overlapping" || embedding == "patches", where + ".embedding",
          "must be convolutional, overlapping or patches", embedding);
  require_stage_sizes(embed_dims, where + ".embed_dims");
  require_stage_sizes(depths, where + ".depths");
  require_stage_sizes(num_heads, where + ".num_heads");
  for (size_t i = 0; i < num_heads.size(); ++i) {
    require(embed_dims[i] % num_heads[i] == 0, where + ".num_heads[" + std::to_string(i) + "]",
            "must divide that stage's embed_dim = " + std::to_string(embed_dims[i]), num_heads[i]);
  }
  require(mlp_ratio > 0 && mlp_ratio <= 64, where + ".mlp_ratio", "must be above 0 and at most 64", mlp_ratio);
  require(mlp_kernels.empty() || mlp_kernels.size() == kNumStages, where + ".mlp_kernels",
          "must be empty or have 4 entries, one a stage", mlp_kernels);
  for (size_t i = 0; i < mlp_kernels.size(); ++i) {
    const int64_t kernel = mlp_kernels[i];
    require(kernel >= 1 && kernel <= 7 && kernel % 2 == 1, where + ".mlp_kernels[" + std::to_string(i) + "]",
            "must be 1, 3, 5 or 7", kernel);
    require(kernel == 1 || !mlp_conv, where + ".mlp_conv", "must be false where mlp_kernels has more than 1", mlp_conv);
  }
  require(drop_path_rate >= 0 && drop_path_rate < 1, where + ".drop_path_rate", "must be in [0, 1)", drop_path_rate);
  require(layer_scale_init >= 0, where + ".layer_scale_init", "must not be negative", layer_scale_init);
  require(norm_eps > 0, where + ".norm_eps", "must be positive", norm_eps);
  require(attention.is_object(), where + ".attention", "must be an object with a \"type\"", attention);
  require(stage_attention.empty() || stage_attention.size() == kNumStages, where + ".stage_attention",
          "must be empty or have 4 objects, one a stage", stage_attention);
  for (size_t i = 0; i < stage_attention.size(); ++i) {
    require(stage_attention[i].is_object(), where + ".stage_attention[" + std::to_string(i) + "]", "must be an object",
            stage_attention[i]);
  }
}

Json PyramidConfig::attention_of(int64_t stage) const {
  Json out = attention;
  if (!stage_attention.empty()) merge_json(out, stage_attention[stage]);
  return out;
}

}  // namespace multipole
