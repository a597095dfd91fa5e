// What a pyramid's config comes to before it is built: its attention with every default, and its size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/blocks/block_shape.h"
#include "backbone/families/model_size.h"
#include "backbone/families/pyramid/pyramid_config.h"

namespace multipole {

// The same pyramid with every default of its attention written out, so that a later change of a default cannot change
// it. An entry of stage_attention that takes another mechanism gets that one's defaults; one that changes values of
// `attention` stays what it is. Throws ConfigError for an unknown type or key, naming `where` and the stage.
PyramidConfig resolve_pyramid_config(const PyramidConfig& config, const std::string& where);

// Where the attention of a block of `stage` stands.
AttentionShape attention_shape(const PyramidConfig& config, int64_t stage, int64_t block = 0);

// What a block of `stage` is made of.
BlockShape block_shape(const PyramidConfig& config, int64_t stage, int64_t block = 0);

// The place of a stage's attention in messages.
std::string stage_place(const std::string& where, int64_t stage);

// The stem and the stages. Throws ConfigError as resolve_pyramid_config() does.
std::vector<ModelPart> pyramid_parts(const PyramidConfig& config, const std::string& where);

}  // namespace multipole
