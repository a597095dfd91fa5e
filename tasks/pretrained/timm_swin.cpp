#include <cmath>

#include "base/error.h"
#include "tasks/pretrained/origin_preprocessing.h"
#include "tasks/pretrained/swin_layout.h"
#include "tasks/pretrained/timm_name.h"
#include "tasks/pretrained/translations.h"

namespace multipole {
namespace {

const SwinNames kTimmNames = {.patch = "patch_embed.proj",
                              .patch_norm = "patch_embed.norm",
                              .norm = "norm",
                              .stages = "layers.",
                              .merges_into = 0,
                              .qkv = {".attn.qkv"},
                              .norm1 = ".norm1",
                              .norm2 = ".norm2",
                              .attention = ".attn",
                              .proj = ".attn.proj",
                              .fc1 = ".mlp.fc1",
                              .fc2 = ".mlp.fc2"};

std::string block_name(int64_t stage, int64_t block) {
  return "layers." + std::to_string(stage) + ".blocks." + std::to_string(block);
}

bool has_block(const PublishedModel& model, int64_t stage, int64_t block) {
  return model.weights.contains(block_name(stage, block) + ".norm1.weight");
}

// Tokens along a side of a stage's windows, by the number of offsets within one.
int64_t window_of(const PublishedModel& model, const std::string& table) {
  const int64_t offsets = size_of(model, table, 0);
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(offsets))));
  if (side * side == offsets && side % 2 == 1) return (side + 1) / 2;
  throw ModelFileError(model.source + ": " + table + " has " + std::to_string(offsets) +
                       " rows, which are not the (2 w - 1)^2 offsets of a square window of w x w tokens");
}

// The side of the pictures that the model was built for: what decides which stages shift their windows.
int64_t nominal_size(const PublishedModel& model, const Json& arguments, int64_t named) {
  const Json own = model.config.value("pretrained_cfg", model.config);
  Json size = arguments.value("img_size", Json());
  if (size.is_null()) size = own.value("input_size", Json(named));
  if (size.is_array() && size.size() == 3) size.erase(0);
  if (size.is_array() && size.size() == 2 && size[0] == size[1]) size = Json(size[0]);
  if (size.is_number_integer() && size.get<int64_t>() > 0) return size.get<int64_t>();
  throw ModelFileError(model.source + ": config.json: the size of pictures: expected a square, got " + size.dump());
}

void read_stages(PyramidConfig& config, const PublishedModel& model, bool always_shifts) {
  std::vector<int64_t> windows;
  std::vector<bool> shifts;
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    const std::string first = block_name(stage, 0), table = first + ".attn.relative_position_bias_table";
    int64_t depth = 0;
    while (has_block(model, stage, depth)) ++depth;
    config.depths[stage] = depth;
    config.embed_dims[stage] = size_of(model, first + ".norm1.weight", 0);
    config.num_heads[stage] = size_of(model, table, 1);
    windows.push_back(window_of(model, table));
    const int64_t patches = config.image_size / config.stem_stride, grid = (patches + (1 << stage) - 1) >> stage;
    shifts.push_back(always_shifts || grid > windows.back());
  }
  if (has_block(model, kNumStages, 0)) {
    throw ModelFileError(model.source + ": the weights have more than 4 stages, and only Swin's 4 are known");
  }
  config.mlp_ratio = static_cast<double>(size_of(model, block_name(0, 0) + ".mlp.fc1.weight", 0)) /
                     static_cast<double>(config.embed_dims[0]);
  set_windows(config, windows, shifts);
}

void require_mean_pooling(const PublishedModel& model) {
  const auto pool = model.config.value("global_pool", std::string("avg"));
  if (pool != "avg") throw ModelFileError(model.source + ": global_pool '" + pool + "': only avg is known for Swin");
}

}  // namespace

TranslatedModel translate_timm_swin(const PublishedModel& model) {
  TranslatedModel out;
  out.architecture = model.config["architecture"].get<std::string>();
  const int64_t named_size = read_timm_swin_name(out.architecture, model.source + ": config.json");
  require_mean_pooling(model);
  const Json arguments = model.config.value("model_args", Json::object());
  PyramidConfig config = swin_config();
  config.attention["padding"] = "after_shift";
  config.attention["shift_axes"] = "always";
  config.in_channels = size_of(model, "patch_embed.proj.weight", 1);
  config.stem_stride = size_of(model, "patch_embed.proj.weight", 2);
  config.image_size = nominal_size(model, arguments, named_size);
  read_stages(config, model, arguments.value("always_partition", false));
  const int64_t num_classes = model.weights.contains("head.fc.weight") ? size_of(model, "head.fc.weight", 0) : 0;
  out.classes = timm_classes(model.config, num_classes, model.source);
  out.preprocessing = timm_preprocessing(model.config, config.image_size, model.source);
  out.backbone = swin_backbone(config);
  out.head = linear_head(out.classes.size());
  out.fill = [config, num_classes](WeightTranslation& weights) {
    fill_swin(weights, config, kTimmNames);
    if (num_classes > 0) weights.copy_layer("head.linear", "head.fc");
  };
  return out;
}

}  // namespace multipole
