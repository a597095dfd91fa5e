#include "tasks/pretrained/origin_preprocessing.h"
#include "tasks/pretrained/transformers_layout.h"
#include "tasks/pretrained/translations.h"

namespace multipole {
namespace {

const BlockNames kVitNames = {.norm1 = ".layernorm_before",
                              .norm2 = ".layernorm_after",
                              .query = ".attention.attention.query",
                              .key = ".attention.attention.key",
                              .value = ".attention.attention.value",
                              .proj = ".attention.output.dense",
                              .fc1 = ".intermediate.dense",
                              .fc2 = ".output.dense",
                              .layer_scale1 = "",
                              .layer_scale2 = ""};

BlockNames dinov2_names(bool gated) {
  BlockNames names = kVitNames;
  names.norm1 = ".norm1";
  names.norm2 = ".norm2";
  names.fc1 = gated ? ".mlp.weights_in" : ".mlp.fc1";
  names.fc2 = gated ? ".mlp.weights_out" : ".mlp.fc2";
  names.layer_scale1 = ".layer_scale1.lambda1";
  names.layer_scale2 = ".layer_scale2.lambda1";
  return names;
}

void finish_translation(TranslatedModel& out, const PublishedModel& model, const VitConfig& config,
                        int64_t num_classes) {
  out.architecture = model.config["model_type"].get<std::string>();
  out.backbone = vit_backbone(config);
  out.classes = transformers_classes(model.config, num_classes, model.source);
  out.head = linear_head(out.classes.size());
  out.preprocessing = transformers_preprocessing(model.preprocessor, config.image_size, model.source);
}

// The encoder of ViT, DeiT and DINOv2 without its tokens.
void fill_encoder(WeightTranslation& weights, const VitConfig& config, const std::string& root,
                  const BlockNames& names) {
  weights.copy_layer("backbone.patch", root + "embeddings.patch_embeddings.projection");
  for (int64_t block = 0; block < config.depth; ++block) {
    fill_block(weights, block, root + "encoder.layer." + std::to_string(block), names);
  }
  weights.copy_layer("backbone.norm", root + "layernorm");
  weights.ignore(root + "embeddings.mask_token");
  weights.ignore(root + "pooler.");  // of the pre-training task; classifiers leave it out
}

}  // namespace

TranslatedModel translate_vit(const PublishedModel& model) {
  const bool deit = model.config["model_type"] == "deit";
  const std::string root = name_prefix(model, deit ? "deit." : "vit.");
  VitConfig config = vision_config(model.config, model.source);
  config.register_tokens = deit ? 1 : 0;  // the distillation token
  const bool two_heads = model.weights.contains("distillation_classifier.weight");
  if (two_heads) config.pooling = "class_and_register_token";
  const int64_t num_classes = classes_of(model, two_heads ? "cls_classifier" : "classifier");
  TranslatedModel out;
  finish_translation(out, model, config, num_classes);
  out.fill = [config, root, deit, two_heads, num_classes](WeightTranslation& weights) {
    auto prefix = weights.take(root + "embeddings.cls_token", {1, config.embed_dim});
    if (deit) {
      prefix = torch::cat({prefix, weights.take(root + "embeddings.distillation_token", {1, config.embed_dim})});
    }
    fill_learned_positions(weights, config, prefix, prefix.size(0), root + "embeddings.position_embeddings");
    fill_encoder(weights, config, root, kVitNames);
    if (num_classes > 0 && !two_heads) weights.copy_layer("head.linear", "classifier");
    if (!two_heads) return;
    const std::vector<int64_t> shape = {num_classes, config.embed_dim};
    const auto both = [&](const std::string& ending, const std::vector<int64_t>& sizes) {
      return std::pair{weights.take("cls_classifier" + ending, sizes),
                       weights.take("distillation_classifier" + ending, sizes)};
    };
    const auto [class_weight, teacher_weight] = both(".weight", shape);
    const auto [class_bias, teacher_bias] = both(".bias", {num_classes});
    weights.set("head.linear.weight", torch::cat({class_weight, teacher_weight}, 1) / 2);
    weights.set("head.linear.bias", (class_bias + teacher_bias) / 2);
  };
  return out;
}

TranslatedModel translate_dinov2(const PublishedModel& model) {
  const std::string type = model.config["model_type"].get<std::string>();
  const bool registers = type == "dinov2_with_registers";
  std::string root = name_prefix(model, type + ".");
  if (root.empty()) root = name_prefix(model, "backbone.");  // of a model with a decoder
  VitConfig config = vision_config(model.config, model.source);
  config.layer_scale_init = 1.0;
  if (registers) {
    config.register_tokens = whole_number(model.config, "num_register_tokens", model.source);
    config.position_resize = "antialiased";
  }
  const bool gated = model.config.value("use_swiglu_ffn", false);
  if (gated) {
    config.gated_mlp = true;
    config.activation = "silu";
    config.hidden_dim = (config.hidden_dim * 2 / 3 + 7) / 8 * 8;
  }
  const int64_t num_classes = classes_of(model, "classifier");
  if (num_classes > 0) config.pooling = "class_token_and_mean";
  TranslatedModel out;
  finish_translation(out, model, config, num_classes);
  out.fill = [config, root, gated, num_classes](WeightTranslation& weights) {
    const int64_t width = config.embed_dim;
    auto prefix = weights.take(root + "embeddings.cls_token", {1, width});
    if (config.register_tokens > 0) {
      prefix = torch::cat({prefix, weights.take(root + "embeddings.register_tokens", {config.register_tokens, width})});
    }
    fill_learned_positions(weights, config, prefix, 1, root + "embeddings.position_embeddings");
    fill_encoder(weights, config, root, dinov2_names(gated));
    if (num_classes > 0) weights.copy_layer("head.linear", "classifier");
  };
  return out;
}

}  // namespace multipole
