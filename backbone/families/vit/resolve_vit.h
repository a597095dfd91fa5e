// What a vision transformer's config comes to before it is built.
#pragma once

#include <string>
#include <vector>

#include "backbone/blocks/block_shape.h"
#include "backbone/families/backbone.h"
#include "backbone/families/model_size.h"
#include "backbone/families/vit/vit_config.h"

namespace multipole {

// The same with every default written out, its attention's included. Throws ConfigError for an unknown type or key, and
// for an attention that does not take the tokens or positions that the config has.
VitConfig resolve_vit_config(const VitConfig& config, const std::string& where);

// What one of its blocks is made of.
BlockShape vit_block_shape(const VitConfig& config, int64_t block = 0);

std::vector<FeatureInfo> vit_feature_info(const VitConfig& config);

std::vector<ModelPart> vit_parts(const VitConfig& config, const std::string& where);

}  // namespace multipole
