// What a family of backbones gives to the registry: a folder of families/ each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backbone/families/backbone.h"
#include "backbone/families/model_size.h"
#include "base/json.h"

namespace multipole {

// Each takes the family's own config, without the key "family", and throws ConfigError that begins with `where`.
struct BackboneFamily {
  // The same backbone with every default written out, its attention's included.
  Json (*resolve)(const Json& config, const std::string& where);
  // What its sizes come to before it is built (model_size.h).
  std::vector<ModelPart> (*parts)(const Json& config, const std::string& where);
  // What Backbone::feature_info() will say.
  std::vector<FeatureInfo> (*feature_info)(const Json& config, const std::string& where);
  // The attention of each stage, resolved as `config` is; a backbone of one grid has one stage, or says it by block.
  std::vector<Json> (*attentions)(const Json& config, const std::string& where);
  std::shared_ptr<Backbone> (*make)(const Json& config, const std::string& where);
  // What Backbone::embedding_dim() will say; null: the channels of the last map.
  int64_t (*embedding_dim)(const Json& config, const std::string& where) = nullptr;
  // The config, resolved, with another attention that takes over the weights of its own; `choice` names it. Null where
  // a backbone's attention is a part of what it has learned.
  Json (*swap_attention)(const Json& config, const Json& choice, const std::string& where) = nullptr;
};

}  // namespace multipole
