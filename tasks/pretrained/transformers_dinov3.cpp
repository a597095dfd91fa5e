#include "tasks/pretrained/origin_preprocessing.h"
#include "tasks/pretrained/transformers_layout.h"
#include "tasks/pretrained/translations.h"

namespace multipole {
namespace {

const BlockNames kDinov3Names = {.norm1 = ".norm1",
                                 .norm2 = ".norm2",
                                 .query = ".attention.q_proj",
                                 .key = ".attention.k_proj",
                                 .value = ".attention.v_proj",
                                 .proj = ".attention.o_proj",
                                 .fc1 = ".mlp.up_proj",
                                 .fc2 = ".mlp.down_proj",
                                 .layer_scale1 = ".layer_scale1.lambda1",
                                 .layer_scale2 = ".layer_scale2.lambda1"};

}  // namespace

TranslatedModel translate_dinov3(const PublishedModel& model) {
  VitConfig config = vision_config(model.config, model.source);
  config.norm_eps = model.config.value("layer_norm_eps", 1e-5);
  config.register_tokens = model.config.value("num_register_tokens", int64_t{0});
  config.positions = "rotary";
  config.rotary_period = model.config.value("rope_theta", 100.0);
  config.layer_scale_init = 1.0;
  if (model.config.value("use_gated_mlp", false)) {
    throw ModelFileError(model.source + ": DINOv3 with a gated MLP is not known; without one it is");
  }
  const std::string root = name_prefix(model, "model.");
  TranslatedModel out{.architecture = model.config["model_type"].get<std::string>(),
                      .backbone = vit_backbone(config),
                      .head = linear_head(0),
                      .classes = {},
                      .preprocessing = transformers_preprocessing(model.preprocessor, config.image_size, model.source),
                      .fill = {}};
  out.fill = [config, root](WeightTranslation& weights) {
    auto prefix = weights.take("embeddings.cls_token", {1, config.embed_dim});
    if (config.register_tokens > 0) {
      prefix =
          torch::cat({prefix, weights.take("embeddings.register_tokens", {config.register_tokens, config.embed_dim})});
    }
    weights.set("backbone.prefix", prefix);
    weights.ignore("embeddings.mask_token");
    weights.copy_layer("backbone.patch", "embeddings.patch_embeddings");
    for (int64_t block = 0; block < config.depth; ++block) {
      fill_block(weights, block, root + "layer." + std::to_string(block), kDinov3Names);
    }
    weights.copy_layer("backbone.norm", "norm");
  };
  return out;
}

}  // namespace multipole
