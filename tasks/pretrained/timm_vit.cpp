#include <cmath>

#include "base/error.h"
#include "tasks/pretrained/origin_preprocessing.h"
#include "tasks/pretrained/timm_name.h"
#include "tasks/pretrained/translations.h"

namespace multipole {
namespace {

using Weights = std::map<std::string, torch::Tensor>;

int64_t count_timm_blocks(const Weights& weights) {
  int64_t depth = 0;
  while (weights.contains("blocks." + std::to_string(depth) + ".norm1.weight")) ++depth;
  return depth;
}

// Tokens along a side of the learned positions. `prefix`: class token and registers, which may have positions too.
int64_t position_grid(const PublishedModel& model, int64_t prefix) {
  const int64_t count = size_of(model, "pos_embed", 1);
  for (const int64_t placed : {count - prefix, count}) {
    const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(placed))));
    if (placed > 0 && side * side == placed) return side;
  }
  throw ModelFileError(model.source + ": pos_embed has " + std::to_string(count) + " positions, which with " +
                       std::to_string(prefix) + " class and register tokens are no square grid");
}

std::string pooling_of(const PublishedModel& model) {
  if (model.weights.contains("dist_token")) return "class_and_register_token";
  if (model.weights.contains("attn_pool.latent")) return "attention";
  const std::string pool = model.config.value("global_pool", std::string("token"));
  if (pool == "token") return "class_token";
  if (pool == "avg") return "mean";
  throw ModelFileError(model.source + ": global_pool '" + pool + "': only token, avg and map are known");
}

VitConfig config_of_timm(const PublishedModel& model, const TimmVit& named) {
  const auto has = [&](const std::string& name) { return model.weights.contains(name); };
  VitConfig config;
  config.embed_dim = size_of(model, "patch_embed.proj.weight", 0);
  config.in_channels = size_of(model, "patch_embed.proj.weight", 1);
  config.patch_size = size_of(model, "patch_embed.proj.weight", 2);
  config.depth = count_timm_blocks(model.weights);
  config.num_heads = named.num_heads > 0 ? named.num_heads : std::max<int64_t>(1, config.embed_dim / 64);
  config.norm_eps = named.norm_eps;
  config.activation = named.activation;
  config.class_token = has("cls_token");
  config.register_tokens = has("reg_token") ? size_of(model, "reg_token", 1) : has("dist_token") ? 1 : 0;
  config.pre_norm = has("norm_pre.weight");
  config.final_norm = has("norm.weight");
  config.pool_norm = has("fc_norm.weight");
  config.pooling = pooling_of(model);
  config.layer_scale_init = has("blocks.0.ls1.gamma") || has("blocks.0.gamma_1") ? 1.0 : 0.0;
  config.attention["qk_norm"] = has("blocks.0.attn.q_norm.weight");
  config.gated_mlp = has("blocks.0.mlp.fc1_g.weight");
  config.hidden_dim = size_of(model, "blocks.0.mlp.fc2.weight", 1);
  if (!config.gated_mlp && size_of(model, "blocks.0.mlp.fc1.weight", 0) == 2 * config.hidden_dim) {
    config.gated_mlp = true;
  }
  if (config.gated_mlp) config.activation = "silu";
  const int64_t grid = named.rotary ? 0 : position_grid(model, config.prefix_tokens());
  config.positions = named.rotary ? "rotary" : "learned";
  config.image_size = grid * config.patch_size;
  const Json own = model.config.value("pretrained_cfg", model.config);
  const Json size = own.value("input_size", Json());
  if (size.is_array() && size.size() == 3 && size[1].is_number_integer() && size[1] == size[2]) {
    const auto side = size[1].get<int64_t>();
    if (named.rotary || side / config.patch_size == grid) config.image_size = side;
  } else if (named.rotary) {
    config.image_size = 256;
  }
  return config;
}

// Class token, distillation token and registers with their positions, and the grid's positions.
void fill_tokens(WeightTranslation& weights, const VitConfig& config, int64_t placed_prefix) {
  const int64_t width = config.embed_dim;
  std::vector<torch::Tensor> prefix;
  if (config.class_token) prefix.push_back(weights.take("cls_token", {1, width}));
  if (config.pooling == "class_and_register_token") {
    prefix.push_back(weights.take("dist_token", {1, width}));
  } else if (config.register_tokens > 0) {
    prefix.push_back(weights.take("reg_token", {config.register_tokens, width}));
  }
  auto tokens = prefix.empty() ? torch::Tensor() : torch::cat(prefix);
  if (config.positions == "learned") {
    const int64_t grid = config.position_grid();
    const auto positions = weights.take("pos_embed", {placed_prefix + grid * grid, width});
    if (placed_prefix > 0) tokens = tokens + positions.narrow(0, 0, placed_prefix);
    weights.set("backbone.positions.weight", positions.narrow(0, placed_prefix, grid * grid).view({grid, grid, width}));
  }
  if (tokens.defined()) weights.set("backbone.prefix", tokens);
}

void fill_timm_attention(WeightTranslation& weights, const std::string& own, const std::string& published,
                         int64_t width) {
  weights.set(own + ".qkv.weight", weights.take(published + ".qkv.weight", {3 * width, width}));
  if (weights.has(published + ".q_bias")) {
    weights.set(own + ".qkv.bias", torch::cat({weights.take(published + ".q_bias", {width}), torch::zeros({width}),
                                               weights.take(published + ".v_bias", {width})}));
  } else {
    const bool left_out = weights.leaves_out(published + ".qkv.bias");
    weights.set(own + ".qkv.bias",
                left_out ? torch::zeros({3 * width}) : weights.take(published + ".qkv.bias", {3 * width}));
  }
  weights.copy_layer(own + ".proj", published + ".proj");
}

void fill_timm_block(WeightTranslation& weights, const VitConfig& config, int64_t block) {
  const std::string published = "blocks." + std::to_string(block), own = "backbone." + published;
  for (const std::string norm : {".norm1", ".norm2"}) weights.copy_layer(own + norm, published + norm);
  fill_timm_attention(weights, own + ".attention", published + ".attn", config.embed_dim);
  if (config.attention["qk_norm"].get<bool>()) {
    for (const std::string norm : {"q_norm", "k_norm"}) {
      weights.copy_layer(own + ".attention." + norm, published + ".attn." + norm);
    }
  }
  if (weights.has(published + ".mlp.fc1_g.weight")) {
    weights.join_layers(own + ".mlp.fc1", {published + ".mlp.fc1_g", published + ".mlp.fc1_x"});
  } else {
    weights.copy_layer(own + ".mlp.fc1", published + ".mlp.fc1");
  }
  weights.copy_layer(own + ".mlp.fc2", published + ".mlp.fc2");
  if (config.layer_scale_init > 0) {
    const bool eva = weights.has(published + ".gamma_1");
    weights.copy(own + ".layer_scale1.gamma", published + (eva ? ".gamma_1" : ".ls1.gamma"));
    weights.copy(own + ".layer_scale2.gamma", published + (eva ? ".gamma_2" : ".ls2.gamma"));
  }
}

void fill_pooling(WeightTranslation& weights, const VitConfig& config) {
  if (config.pool_norm) weights.copy_layer("backbone.pool.norm", "fc_norm");
  if (config.pooling != "attention") return;
  const std::string own = "backbone.pool.attention";
  weights.copy(own + ".query", "attn_pool.latent");
  for (const std::string layer : {".q", ".kv", ".proj", ".norm", ".mlp.fc1", ".mlp.fc2"}) {
    weights.copy_layer(own + layer, "attn_pool" + layer);
  }
}

// DeiT answers with the mean of its two heads: one layer over both tokens.
void fill_head(WeightTranslation& weights, const VitConfig& config, int64_t num_classes) {
  if (num_classes == 0) return;
  if (config.pooling != "class_and_register_token") return weights.copy_layer("head.linear", "head");
  const std::vector<int64_t> shape = {num_classes, config.embed_dim};
  weights.set("head.linear.weight",
              torch::cat({weights.take("head.weight", shape), weights.take("head_dist.weight", shape)}, 1) / 2);
  weights.set("head.linear.bias",
              (weights.take("head.bias", {num_classes}) + weights.take("head_dist.bias", {num_classes})) / 2);
}

}  // namespace

TranslatedModel translate_timm_vit(const PublishedModel& model) {
  TranslatedModel out;
  out.architecture = model.config["architecture"].get<std::string>();
  TimmVit named = read_timm_name(out.architecture, model.source + ": config.json");
  const Json arguments = model.config.value("model_args", Json::object());
  named.num_heads = arguments.value("num_heads", named.num_heads);
  if (arguments.contains("act_layer")) named.activation = arguments["act_layer"].get<std::string>();
  VitConfig config = config_of_timm(model, named);
  const auto& weights = model.weights;
  const int64_t num_classes = weights.contains("head.weight") ? size_of(model, "head.weight", 0) : 0;
  out.classes = timm_classes(model.config, num_classes, model.source);
  out.preprocessing = timm_preprocessing(model.config, config.image_size, model.source);
  out.backbone = vit_backbone(config);
  out.head = linear_head(out.classes.size());
  int64_t placed_prefix = 0;
  if (!named.rotary) {
    placed_prefix = size_of(model, "pos_embed", 1) - config.position_grid() * config.position_grid();
  }
  out.fill = [config, num_classes, placed_prefix](WeightTranslation& translation) {
    translation.join_layers("backbone.patch", {"patch_embed.proj"});  // CLIP has no bias
    fill_tokens(translation, config, placed_prefix);
    if (config.pre_norm) translation.copy_layer("backbone.norm_pre", "norm_pre");
    for (int64_t block = 0; block < config.depth; ++block) fill_timm_block(translation, config, block);
    if (config.final_norm) translation.copy_layer("backbone.norm", "norm");
    fill_pooling(translation, config);
    fill_head(translation, config, num_classes);
  };
  return out;
}

}  // namespace multipole
