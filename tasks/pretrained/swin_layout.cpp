#include "tasks/pretrained/swin_layout.h"

#include <algorithm>

namespace multipole {
namespace {

// Both libraries leave torch's default to the norms of patches and merging.
constexpr double kSwinNormEps = 1e-5;

// The published table counts offsets from key to query, row by row: (offsets, heads).
void fill_relative_bias(WeightTranslation& weights, const std::string& own, const std::string& published,
                        int64_t window, int64_t num_heads) {
  const int64_t side = 2 * window - 1;
  const auto table = weights.take(published, {side * side, num_heads});
  weights.set(own, table.view({side, side, num_heads}).permute({2, 0, 1}).flip({1, 2}));
}

void fill_swin_block(WeightTranslation& weights, const PyramidConfig& config, int64_t stage, const std::string& own,
                     const std::string& published, const SwinNames& names) {
  weights.copy_layer(own + ".norm1", published + names.norm1);
  std::vector<std::string> qkv;
  for (const auto& layer : names.qkv) qkv.push_back(published + layer);
  weights.join_layers(own + ".attention.qkv", qkv);
  fill_relative_bias(weights, own + ".attention.bias", published + names.attention + ".relative_position_bias_table",
                     config.attention_of(stage)["window"].get<int64_t>(), config.num_heads[stage]);
  weights.copy_layer(own + ".attention.proj", published + names.proj);
  weights.copy_layer(own + ".norm2", published + names.norm2);
  weights.copy_layer(own + ".mlp.fc1", published + names.fc1);
  weights.copy_layer(own + ".mlp.fc2", published + names.fc2);
  weights.ignore(published + names.attention + ".relative_position_index");
  weights.ignore(published + ".attn_mask");
}

}  // namespace

PyramidConfig swin_config() {
  PyramidConfig config;
  config.embedding = "patches";
  config.stage_norms = false;
  config.position_conv = false;
  config.norm_eps = kSwinNormEps;
  config.attention = {{"type", "window"}};
  return config;
}

void set_windows(PyramidConfig& config, const std::vector<int64_t>& windows, const std::vector<bool>& shifts) {
  std::vector<Json> stages;
  for (size_t i = 0; i < windows.size(); ++i) stages.push_back({{"window", windows[i]}, {"shift", bool{shifts[i]}}});
  config.attention.update(stages.front());
  const bool agree = std::ranges::all_of(stages, [&](const Json& stage) { return stage == stages.front(); });
  if (!agree) config.stage_attention = stages;
}

void fill_swin(WeightTranslation& weights, const PyramidConfig& config, const SwinNames& names) {
  weights.copy_layer("backbone.stem.proj", names.patch);
  weights.copy_layer("backbone.stem.norm", names.patch_norm);
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    const std::string own = "backbone.stages." + std::to_string(stage);
    if (stage > 0) {
      const std::string merging = names.stages + std::to_string(stage - names.merges_into) + ".downsample";
      weights.copy_layer(own + ".downsample.norm", merging + ".norm");
      weights.copy_layer(own + ".downsample.reduction", merging + ".reduction");
    }
    for (int64_t block = 0; block < config.depths[stage]; ++block) {
      const std::string place = ".blocks." + std::to_string(block);
      fill_swin_block(weights, config, stage, own + place, names.stages + std::to_string(stage) + place, names);
    }
  }
  weights.copy_layer("backbone.stages." + std::to_string(kNumStages - 1) + ".norm", names.norm);
}

Json swin_backbone(const PyramidConfig& config) {
  Json backbone = {{"family", "pyramid"}};
  backbone.update(to_json_config(config));
  return backbone;
}

}  // namespace multipole
