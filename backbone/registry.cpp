#include "backbone/registry.h"

#include <utility>

#include "backbone/families/pyramid/pyramid_family.h"
#include "backbone/families/vit/vit_family.h"
#include "base/error.h"
#include "embedded/model_presets.h"

namespace multipole {
namespace {

struct ChosenFamily {
  const BackboneFamily& family;
  std::string name;
  Json config;  // the family's own
};

ChosenFamily choose(const Json& config, const std::string& where) {
  std::string name = kDefaultFamily;
  Json own = config;
  if (config.is_object() && config.contains("family")) {
    if (!config["family"].is_string()) {
      throw ConfigError(where + ".family: expected a string, got " + config["family"].dump());
    }
    name = config["family"].get<std::string>();
    own.erase("family");
  }
  return {backbone_families().find(name, where + ".family"), name, std::move(own)};
}

// A config of the family's own, as the registry's callers have it.
Json with_family(const std::string& name, const Json& own) {
  Json config = Json::object();
  if (name != kDefaultFamily) config["family"] = name;
  config.update(own);
  return config;
}

}  // namespace

// A new family is one line here.
Registry<BackboneFamily>& backbone_families() {
  static Registry<BackboneFamily> registry("family of backbones", {
                                                                      {kDefaultFamily, pyramid_family()},
                                                                      {"vit", vit_family()},
                                                                  });
  return registry;
}

Json resolve_backbone_config(const Json& config, const std::string& where) {
  const auto chosen = choose(config, where);
  return with_family(chosen.name, chosen.family.resolve(chosen.config, where));
}

std::vector<ModelPart> backbone_parts(const Json& config, const std::string& where) {
  const auto chosen = choose(config, where);
  return chosen.family.parts(chosen.config, where);
}

std::vector<FeatureInfo> backbone_feature_info(const Json& config, const std::string& where) {
  const auto chosen = choose(config, where);
  return chosen.family.feature_info(chosen.config, where);
}

int64_t backbone_embedding_dim(const Json& config, const std::string& where) {
  const auto chosen = choose(config, where);
  if (chosen.family.embedding_dim != nullptr) return chosen.family.embedding_dim(chosen.config, where);
  return chosen.family.feature_info(chosen.config, where).back().num_channels;
}

std::vector<Json> backbone_attentions(const Json& config, const std::string& where) {
  const auto chosen = choose(config, where);
  return chosen.family.attentions(chosen.config, where);
}

Json swap_backbone_attention(const Json& config, const Json& choice, const std::string& where) {
  const auto chosen = choose(config, where);
  if (chosen.family.swap_attention == nullptr) {
    std::string able;
    for (const auto& [name, family] : backbone_families().entries()) {
      if (family.swap_attention != nullptr) able += (able.empty() ? "" : ", ") + name;
    }
    throw ConfigError(where + ": a backbone of the family '" + chosen.name +
                      "' has learned its attention with its weights, and takes no other; swapping is for: " + able +
                      ". Train one of '" + chosen.name + "' with the attention that you want: --set " +
                      "model.backbone.attention.type=...");
  }
  return with_family(chosen.name, chosen.family.swap_attention(chosen.config, choice, where));
}

std::shared_ptr<Backbone> make_backbone(const Json& config, const std::string& where) {
  const auto chosen = choose(config, where);
  return chosen.family.make(chosen.config, where);
}

std::vector<std::string> preset_names() { return embedded::model_presets_names(); }

Json preset_config(const std::string& name) {
  const auto text = embedded::model_presets(name);
  if (text.empty()) throw ConfigError("unknown preset '" + name + "'" + suggest_name(name, preset_names()));
  return parse_json(text, "configs/models/" + name + ".json");
}

}  // namespace multipole
