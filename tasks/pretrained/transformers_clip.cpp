#include "tasks/pretrained/origin_preprocessing.h"
#include "tasks/pretrained/transformers_layout.h"
#include "tasks/pretrained/translations.h"

namespace multipole {
namespace {

const BlockNames kTowerNames = {.norm1 = ".layer_norm1",
                                .norm2 = ".layer_norm2",
                                .query = ".self_attn.q_proj",
                                .key = ".self_attn.k_proj",
                                .value = ".self_attn.v_proj",
                                .proj = ".self_attn.out_proj",
                                .fc1 = ".mlp.fc1",
                                .fc2 = ".mlp.fc2",
                                .layer_scale1 = "",
                                .layer_scale2 = ""};

// The image tower's part of a config of both towers.
Json tower_config(const Json& config) {
  return config.contains("vision_config") && config["vision_config"].is_object() ? config["vision_config"] : config;
}

void fill_tower(WeightTranslation& weights, const VitConfig& config, const std::string& root) {
  weights.join_layers("backbone.patch", {root + "embeddings.patch_embedding"});  // CLIP has no bias
  for (int64_t block = 0; block < config.depth; ++block) {
    fill_block(weights, block, root + "encoder.layers." + std::to_string(block), kTowerNames);
  }
  weights.copy_layer("backbone.norm", root + "post_layernorm");
  weights.ignore(root + "embeddings.position_ids");
  // the other tower
  weights.ignore("text_model.");
  weights.ignore("text_projection.");
  weights.ignore("logit_");
}

TranslatedModel embedding_model(const PublishedModel& model, const VitConfig& config) {
  return {.architecture = model.config["model_type"].get<std::string>(),
          .backbone = vit_backbone(config),
          .head = linear_head(0),
          .classes = {},
          .preprocessing = transformers_preprocessing(model.preprocessor, config.image_size, model.source),
          .fill = {}};
}

}  // namespace

TranslatedModel translate_clip(const PublishedModel& model) {
  const Json tower = tower_config(model.config);
  const std::string root = name_prefix(model, "vision_model.");
  VitConfig config = vision_config(tower, model.source);
  config.norm_eps = tower.value("layer_norm_eps", 1e-5);
  config.activation = tower.contains("hidden_act") ? config.activation : "quick_gelu";
  config.pre_norm = true;
  const auto projection = model.weights.find("visual_projection.weight");
  if (projection != model.weights.end()) config.projection_dim = projection->second.size(0);
  TranslatedModel out = embedding_model(model, config);
  out.fill = [config, root](WeightTranslation& weights) {
    const auto class_token = weights.take(root + "embeddings.class_embedding", {1, config.embed_dim});
    fill_learned_positions(weights, config, class_token, 1, root + "embeddings.position_embedding.weight");
    weights.copy_layer("backbone.norm_pre", root + "pre_layrnorm");  // spelt so by its publisher
    fill_tower(weights, config, root);
    if (config.projection_dim > 0) weights.copy_layer("backbone.pool.projection", "visual_projection");
  };
  return out;
}

TranslatedModel translate_siglip(const PublishedModel& model) {
  const Json tower = tower_config(model.config);
  const std::string root = name_prefix(model, "vision_model.");
  VitConfig config = vision_config(tower, model.source);
  config.norm_eps = tower.value("layer_norm_eps", 1e-6);
  config.activation = tower.contains("hidden_act") ? config.activation : "gelu_tanh";
  config.class_token = false;
  const bool attention = model.weights.contains(root + "head.probe");
  config.pooling = attention ? "attention" : "mean";
  TranslatedModel out = embedding_model(model, config);
  out.fill = [config, root, attention](WeightTranslation& weights) {
    fill_learned_positions(weights, config, {}, 0, root + "embeddings.position_embedding.weight");
    fill_tower(weights, config, root);
    if (!attention) return;
    const int64_t width = config.embed_dim;
    const std::string own = "backbone.pool.attention.", head = root + "head.";
    weights.copy(own + "query", head + "probe");
    const auto weight = weights.take(head + "attention.in_proj_weight", {3 * width, width});
    const auto bias = weights.take(head + "attention.in_proj_bias", {3 * width});
    weights.set(own + "q.weight", weight.narrow(0, 0, width));
    weights.set(own + "q.bias", bias.narrow(0, 0, width));
    weights.set(own + "kv.weight", weight.narrow(0, width, 2 * width));
    weights.set(own + "kv.bias", bias.narrow(0, width, 2 * width));
    weights.copy_layer(own + "proj", head + "attention.out_proj");
    weights.copy_layer(own + "norm", head + "layernorm");
    for (const std::string layer : {"mlp.fc1", "mlp.fc2"}) weights.copy_layer(own + layer, head + layer);
  };
  return out;
}

}  // namespace multipole
