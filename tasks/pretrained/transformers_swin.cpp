#include <cmath>

#include "tasks/pretrained/origin_preprocessing.h"
#include "tasks/pretrained/swin_layout.h"
#include "tasks/pretrained/transformers_layout.h"
#include "tasks/pretrained/translations.h"

namespace multipole {
namespace {

SwinNames names_after(const std::string& root) {
  return {.patch = root + "embeddings.patch_embeddings.projection",
          .patch_norm = root + "embeddings.norm",
          .norm = root + "layernorm",
          .stages = root + "encoder.layers.",
          .merges_into = 1,
          .qkv = {".attention.self.query", ".attention.self.key", ".attention.self.value"},
          .norm1 = ".layernorm_before",
          .norm2 = ".layernorm_after",
          .attention = ".attention.self",
          .proj = ".attention.output.dense",
          .fc1 = ".intermediate.dense",
          .fc2 = ".output.dense"};
}

std::vector<int64_t> stage_numbers(const Json& config, const char* key, const std::string& source) {
  std::vector<int64_t> numbers;
  if (config.contains(key)) read_config(config[key], source + ": config.json: " + key, numbers);
  if (numbers.size() == kNumStages) return numbers;
  throw ModelFileError(source + ": config.json: " + key + ": expected 4 numbers, one a stage, got " +
                       config.value(key, Json()).dump());
}

// What the family does not have, and no published Swin either.
void refuse_other_kinds(const Json& config, const std::string& source) {
  const auto refuse = [&](const std::string& what) { throw ModelFileError(source + ": config.json: " + what); };
  if (config.value("use_absolute_embeddings", false)) {
    refuse("use_absolute_embeddings: a Swin with learned absolute positions is not known; without them it is");
  }
  const auto activation = config.value("hidden_act", std::string("gelu"));
  if (activation != "gelu") refuse("hidden_act '" + activation + "': only gelu is known for Swin");
  const double eps = config.value("layer_norm_eps", 1e-5);
  if (!(eps == 1e-5)) {
    refuse("layer_norm_eps " + Json(eps).dump() + ": only 1e-05 is known for Swin, which the norms between its " +
           "stages have whatever stands here");
  }
}

PyramidConfig config_of(const Json& published, const std::string& source) {
  refuse_other_kinds(published, source);
  PyramidConfig config = swin_config();
  config.image_size = whole_number(published, "image_size", source);
  config.stem_stride = whole_number(published, "patch_size", source);
  if (published.contains("num_channels")) config.in_channels = whole_number(published, "num_channels", source);
  config.depths = stage_numbers(published, "depths", source);
  config.num_heads = stage_numbers(published, "num_heads", source);
  const int64_t embed_dim = whole_number(published, "embed_dim", source);
  config.embed_dims = {embed_dim, 2 * embed_dim, 4 * embed_dim, 8 * embed_dim};
  config.mlp_ratio =
      std::floor(static_cast<double>(embed_dim) * published.value("mlp_ratio", 4.0)) / static_cast<double>(embed_dim);
  const int64_t window = whole_number(published, "window_size", source);
  config.attention["padding"] = "before_shift";
  config.attention["shift_axes"] = "both";
  set_windows(config, std::vector<int64_t>(kNumStages, window), std::vector<bool>(kNumStages, true));
  return config;
}

}  // namespace

TranslatedModel translate_swin(const PublishedModel& model) {
  const PyramidConfig config = config_of(model.config, model.source);
  const std::string root = name_prefix(model, "swin.");
  const int64_t classes = classes_of(model, "classifier");
  TranslatedModel out{.architecture = model.config["model_type"].get<std::string>(),
                      .backbone = swin_backbone(config),
                      .head = linear_head(static_cast<size_t>(classes)),
                      .classes = {},
                      .preprocessing = transformers_preprocessing(model.preprocessor, config.image_size, model.source),
                      .fill = {}};
  if (classes > 0) out.classes = transformers_classes(model.config, classes, model.source);
  out.fill = [config, root, classes](WeightTranslation& weights) {
    fill_swin(weights, config, names_after(root));
    if (classes > 0) weights.copy_layer("head.linear", "classifier");
    weights.ignore(root + "embeddings.mask_token");  // of the pre-training task, as its decoder
    weights.ignore("decoder.");
  };
  return out;
}

}  // namespace multipole
