// SegFormer (Xie et al., arXiv 2105.15203): a pyramid whose attention reduces its keys, and an all-MLP decoder.
#include <algorithm>

#include "backbone/attention/mechanisms/pvt.h"
#include "backbone/families/pyramid/pyramid_config.h"
#include "base/error.h"
#include "datasets/masks/label_map.h"
#include "heads/segmentation/segformer_head.h"
#include "tasks/pretrained/origin_preprocessing.h"
#include "tasks/pretrained/transformers_layout.h"
#include "tasks/pretrained/translations.h"

namespace multipole {
namespace {

// Of every norm, whatever layer_norm_eps says: the origin makes them with torch's default.
constexpr double kSegformerNormEps = 1e-5;

// Nominal sides of pictures where no preprocessor says one: ADE20K's crops, ImageNet's.
constexpr int64_t kSegmentationSize = 512, kClassificationSize = 224;

constexpr const char* kDecoder = "decode_head.";

// config[key]: a whole number for each stage.
std::vector<int64_t> stage_numbers(const PublishedModel& model, const std::string& key) {
  std::vector<int64_t> values;
  if (!model.config.contains(key)) throw ModelFileError(model.source + ": config.json: " + key + " is missing");
  read_config(model.config[key], model.source + ": config.json: " + key, values);
  if (values.size() == kNumStages) return values;
  throw ModelFileError(model.source + ": config.json: " + key + ": expected 4 whole numbers, one a stage, got " +
                       model.config[key].dump());
}

void require_stages(const PublishedModel& model, const std::string& key, const std::vector<int64_t>& known) {
  if (stage_numbers(model, key) == known) return;
  throw ModelFileError(model.source + ": config.json: " + key + ": only " + Json(known).dump() + " is known, got " +
                       model.config[key].dump());
}

void require_known(const PublishedModel& model) {
  require_stages(model, "patch_sizes", {7, 3, 3, 3});
  require_stages(model, "strides", {4, 2, 2, 2});
  const auto activation = model.config.value("hidden_act", std::string("gelu"));
  if (activation != "gelu") {
    throw ModelFileError(model.source + ": config.json: hidden_act: of a segformer only 'gelu' is known, got '" +
                         activation + "'");
  }
  const auto ratios = stage_numbers(model, "mlp_ratios");
  if (std::ranges::count(ratios, ratios.front()) != kNumStages) {
    throw ModelFileError(model.source + ": config.json: mlp_ratios: only one ratio for all stages is known, got " +
                         Json(ratios).dump());
  }
}

PyramidConfig encoder_config(const PublishedModel& model, int64_t image_size) {
  require_known(model);
  PyramidConfig config;
  if (model.config.contains("num_channels")) {
    config.in_channels = whole_number(model.config, "num_channels", model.source);
  }
  config.image_size = image_size;
  config.embed_dims = stage_numbers(model, "hidden_sizes");
  config.depths = stage_numbers(model, "depths");
  config.num_heads = stage_numbers(model, "num_attention_heads");
  config.mlp_ratio = static_cast<double>(stage_numbers(model, "mlp_ratios").front());
  config.drop_path_rate = model.config.value("drop_path_rate", 0.0);
  config.position_conv = false;
  config.embedding = "overlapping";
  config.mlp_conv = true;
  config.norm_eps = kSegformerNormEps;
  config.attention = {{"type", "pvt"}, {"norm_eps", kSegformerNormEps}, {"partial_patches", "drop"}};
  for (const int64_t reduction : stage_numbers(model, "sr_ratios")) {
    config.stage_attention.push_back({{"reduction", reduction}});
  }
  return config;
}

SegformerHeadConfig decoder_config(const PublishedModel& model) {
  SegformerHeadConfig config;
  config.channels = whole_number(model.config, "decoder_hidden_size", model.source);
  config.dropout = model.config.value("classifier_dropout_prob", config.dropout);
  config.norm = false;
  return config;
}

// One number is a square here. A segmenter takes pictures as they are: of a rectangle the longer side is nominal.
Json with_square_size(Json preprocessor, bool segments) {
  if (!preprocessor.is_object() || !preprocessor.contains("size")) return preprocessor;
  Json& size = preprocessor["size"];
  if (size.is_number_integer()) size = {{"height", size}, {"width", size}};
  if (segments && size.is_object() && size.contains("height") && size.contains("width")) {
    const Json longer = std::max(size["height"].get<int64_t>(), size["width"].get<int64_t>());
    size = {{"height", longer}, {"width", longer}};
  }
  return preprocessor;
}

MaskOptions mask_options(const PublishedModel& model) {
  MaskOptions masks;
  for (const char* key : {"do_reduce_labels", "reduce_labels"}) {  // the second of older versions
    if (!masks.reduce_zero_label && model.preprocessor.is_object() && model.preprocessor.contains(key)) {
      masks.reduce_zero_label = model.preprocessor[key].get<bool>();
    }
  }
  const int64_t ignored = model.config.value("semantic_loss_ignore_index", kIgnoredLabel);
  // reduced masks have the usual one in place of their 0
  if (ignored != kIgnoredLabel && !masks.reduce_zero_label.value_or(false)) masks.ignore_index = ignored;
  return masks;
}

void fill_attention(WeightTranslation& weights, const std::string& own, const std::string& published, int64_t width,
                    int64_t reduction) {
  weights.copy_layer(own + ".q", published + ".self.query");
  weights.join_layers(own + ".kv", {published + ".self.key", published + ".self.value"});
  weights.copy_layer(own + ".proj", published + ".output.dense");
  if (reduction == 1) return;
  // a convolution whose stride is its kernel: a linear layer of the patch's tokens, row by row
  const auto kernel = weights.take(published + ".self.sr.weight", {width, width, reduction, reduction});
  weights.set(own + ".reduce.weight", kernel.permute({0, 2, 3, 1}).reshape({width, -1}));
  weights.copy(own + ".reduce.bias", published + ".self.sr.bias");
  weights.copy_layer(own + ".norm", published + ".self.layer_norm");
}

void fill_block(WeightTranslation& weights, const std::string& own, const std::string& published, int64_t width,
                int64_t reduction) {
  weights.copy_layer(own + ".norm1", published + ".layer_norm_1");
  fill_attention(weights, own + ".attention", published + ".attention", width, reduction);
  weights.copy_layer(own + ".norm2", published + ".layer_norm_2");
  weights.copy_layer(own + ".mlp.fc1", published + ".mlp.dense1");
  weights.copy_layer(own + ".mlp.conv", published + ".mlp.dwconv.dwconv");
  weights.copy_layer(own + ".mlp.fc2", published + ".mlp.dense2");
}

void fill_encoder(WeightTranslation& weights, const PyramidConfig& config, const std::string& root) {
  const std::string published = root + "encoder.";
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    const std::string number = std::to_string(stage), own = "backbone.stages." + number;
    const std::string embedding = stage == 0 ? "backbone.stem" : own + ".downsample";
    weights.copy_layer(embedding + ".conv", published + "patch_embeddings." + number + ".proj");
    weights.copy_layer(embedding + ".norm", published + "patch_embeddings." + number + ".layer_norm");
    const auto reduction = config.attention_of(stage)["reduction"].get<int64_t>();
    for (int64_t block = 0; block < config.depths[stage]; ++block) {
      const std::string index = std::to_string(block);
      fill_block(weights, own + ".blocks." + index, published + "block." + number + "." + index,
                 config.embed_dims[stage], reduction);
    }
    weights.copy_layer(own + ".norm", published + "layer_norm." + number);
  }
}

// The batch norm becomes part of the fusing layer: with running statistics it is a scale and a shift of each channel.
// The published maps are fused coarsest first.
void fill_fuse(WeightTranslation& weights, int64_t channels) {
  const std::string norm = std::string(kDecoder) + "batch_norm.";
  const auto take = [&](const char* name) { return weights.take(norm + name, {channels}).to(torch::kDouble); };
  const auto scale = take("weight") / (take("running_var") + kSegformerNormEps).sqrt();
  weights.set("head.fuse.bias", (take("bias") - take("running_mean") * scale).to(torch::kFloat));
  const auto fuse = weights.take(std::string(kDecoder) + "linear_fuse.weight", {channels, kNumStages * channels});
  const auto finest_first = fuse.to(torch::kDouble).unflatten(1, {kNumStages, channels}).flip(1).flatten(1);
  weights.set("head.fuse.weight", (finest_first * scale.unsqueeze(1)).to(torch::kFloat));
  weights.ignore(norm + "num_batches_tracked");
}

void fill_decoder(WeightTranslation& weights, int64_t channels) {
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    weights.copy_layer("head.projection_" + std::to_string(stage + 1),
                       std::string(kDecoder) + "linear_c." + std::to_string(stage) + ".proj");
  }
  fill_fuse(weights, channels);
  weights.copy_layer("head.classifier", std::string(kDecoder) + "classifier");
}

}  // namespace

TranslatedModel translate_segformer(const PublishedModel& model) {
  const std::string root = name_prefix(model, "segformer.");
  const bool segments = name_prefix(model, kDecoder) == kDecoder;
  const int64_t num_classes = classes_of(model, segments ? std::string(kDecoder) + "classifier" : "classifier");
  TranslatedModel out;
  out.architecture = "segformer";
  if (segments || num_classes > 0) out.classes = transformers_classes(model.config, num_classes, model.source);
  out.preprocessing = transformers_preprocessing(with_square_size(model.preprocessor, segments),
                                                 segments ? kSegmentationSize : kClassificationSize, model.source);
  const PyramidConfig config = encoder_config(model, out.preprocessing.image_size);
  out.backbone = to_json_config(config);
  out.head = linear_head(out.classes.size());
  const int64_t channels = segments ? decoder_config(model).channels : 0;
  if (segments) {
    out.head = {{"type", "segformer"}};
    out.head.update(to_json_config(decoder_config(model)));
    out.masks = mask_options(model);
  }
  out.fill = [config, root, channels, num_classes](WeightTranslation& weights) {
    fill_encoder(weights, config, root);
    if (channels > 0) {
      fill_decoder(weights, channels);
    } else if (num_classes > 0) {
      weights.copy_layer("head.linear", "classifier");
    }
  };
  return out;
}

}  // namespace multipole
