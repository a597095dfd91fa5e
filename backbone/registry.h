// Backbones by config: {"family": "pyramid", ...the fields of that family...}. Families are a folder of families/ each
// and one line in the list of registry.cpp; presets are files in configs/models, compiled in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backbone/families/backbone_family.h"
#include "base/json.h"
#include "base/registry.h"

namespace multipole {

Registry<BackboneFamily>& backbone_families();

// What a config without the key "family" is. A resolved config of this family has no such key, as in files of before
// there were several.
inline constexpr const char* kDefaultFamily = "pyramid";

// The following throw ConfigError that begins with `where` for an unknown family or key and a value out of range.

// The same backbone with every default written out, so that a later change of a default cannot change it.
Json resolve_backbone_config(const Json& config, const std::string& where);
std::vector<ModelPart> backbone_parts(const Json& config, const std::string& where);
std::vector<FeatureInfo> backbone_feature_info(const Json& config, const std::string& where);
int64_t backbone_embedding_dim(const Json& config, const std::string& where);
std::vector<Json> backbone_attentions(const Json& config, const std::string& where);
// With another attention in its place: see BackboneFamily::swap_attention. Throws for a family that has none, too.
Json swap_backbone_attention(const Json& config, const Json& choice, const std::string& where);
std::shared_ptr<Backbone> make_backbone(const Json& config, const std::string& where);

std::vector<std::string> preset_names();

// The config that the preset `name` stands for. Throws ConfigError, which suggests a name, for an unknown one.
Json preset_config(const std::string& name);

}  // namespace multipole
