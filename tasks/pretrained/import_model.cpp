#include "tasks/pretrained/import_model.h"

#include "base/error.h"
#include "base/registry.h"
#include "heads/model/model.h"
#include "heads/model/registry.h"
#include "tasks/pretrained/timm_name.h"
#include "tasks/pretrained/translations.h"
#include "tasks/segmentation/mask_record.h"

namespace multipole {
namespace {

using Translation = TranslatedModel (*)(const PublishedModel& model);

// A new layout of transformers is one line here, by the model_type of its config.json.
const Registry<Translation>& transformers_layouts() {
  static const Registry<Translation> registry("architecture", {{"vit", translate_vit},
                                                               {"deit", translate_vit},
                                                               {"dinov2", translate_dinov2},
                                                               {"dinov2_with_registers", translate_dinov2},
                                                               {"dinov2_deconvolution", translate_dinov2_deconvolution},
                                                               {"clip", translate_clip},
                                                               {"clip_vision_model", translate_clip},
                                                               {"siglip", translate_siglip},
                                                               {"siglip_vision_model", translate_siglip},
                                                               {"dinov3_vit", translate_dinov3},
                                                               {"segformer", translate_segformer},
                                                               {"swin", translate_swin}});
  return registry;
}

bool has_text(const Json& config, const char* key) { return config.contains(key) && config[key].is_string(); }

ModelFileError not_known(const PublishedModel& model) {
  return ModelFileError(model.source +
                        ": config.json names no model: expected timm's \"architecture\" or transformers' "
                        "\"model_type\"");
}

TranslatedModel translate(const PublishedModel& model, std::string& origin) {
  if (has_text(model.config, "architecture")) {
    origin = "timm";
    const bool swin = is_timm_swin(model.config["architecture"].get<std::string>());
    return swin ? translate_timm_swin(model) : translate_timm_vit(model);
  }
  if (!has_text(model.config, "model_type")) throw not_known(model);
  origin = "transformers";
  const auto type = model.config["model_type"].get<std::string>();
  return transformers_layouts().find(type, model.source + ": config.json: model_type")(model);
}

}  // namespace

std::vector<std::string> transformers_types() { return transformers_layouts().names(); }

ImportedModel import_model(const std::filesystem::path& source) {
  const PublishedModel published = read_published_model(source);
  try {
    ImportedModel imported;
    const TranslatedModel translated = translate(published, imported.origin);
    imported.architecture = translated.architecture;
    ModelConfig architecture;
    architecture.preset.clear();
    architecture.backbone = translated.backbone;
    architecture.head = translated.head;
    architecture.num_classes = static_cast<int64_t>(translated.classes.size());
    const VisionModel model(architecture);
    const auto own = named_weights(*model);
    WeightTranslation weights(own, published.weights);
    translated.fill(weights);
    imported.weights = weights.finish(published.source);
    auto& metadata = imported.metadata;
    metadata.architecture = model->config();
    metadata.task = head_registry().of_type(metadata.architecture.head, "model.head").task;
    metadata.classes = translated.classes;
    metadata.preprocessing = to_json_config(translated.preprocessing);
    metadata.training = {{"imported", {{"origin", imported.origin}, {"architecture", imported.architecture}}}};
    if (translated.masks) record_masks(*translated.masks, metadata);
    return imported;
  } catch (const ConfigError& error) {
    const std::string message = error.what();
    throw ModelFileError(message.starts_with(published.source) ? message : published.source + ": " + message);
  } catch (const Json::exception& error) {
    throw ModelFileError(published.source + ": a value of another type than its key has: " + error.what());
  }
}

}  // namespace multipole
