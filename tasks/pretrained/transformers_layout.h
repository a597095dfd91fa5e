// What the layouts of transformers share.
#pragma once

#include <map>
#include <string>

#include "backbone/families/vit/vit_config.h"
#include "base/error.h"
#include "tasks/pretrained/translated_model.h"

namespace multipole {

// The fields that all vision configs have under the same names. Throws ModelFileError.
VitConfig vision_config(const Json& config, const std::string& source);

// config[key], which must be there and a whole number or, as a pair of equal ones, a square.
int64_t whole_number(const Json& config, const std::string& key, const std::string& source);

// Names of one block's layers after the block's own name.
struct BlockNames {
  std::string norm1, norm2, query, key, value, proj, fc1, fc2;
  std::string layer_scale1, layer_scale2;  // empty where there is none
};

// `published`: the block's name, "vit.encoder.layer.0".
void fill_block(WeightTranslation& weights, int64_t block, const std::string& published, const BlockNames& names);

// Prefix tokens, whose first `placed` have positions, and the grid's positions (placed + grid^2, embed_dim).
void fill_learned_positions(WeightTranslation& weights, const VitConfig& config, torch::Tensor prefix, int64_t placed,
                            const std::string& positions);

// Rows of a classifier's weight, 0 where there is none.
int64_t classes_of(const PublishedModel& model, const std::string& classifier);

// "vit." where the weights' names begin so, else "".
std::string name_prefix(const PublishedModel& model, const std::string& prefix);

}  // namespace multipole
