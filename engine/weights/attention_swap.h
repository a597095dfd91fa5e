// Another attention in a trained model, which takes over the weights of what it replaces.
#pragma once

#include <string>

#include "engine/files/model_file.h"
#include "heads/model/model_config.h"

namespace multipole {

// `choice` is a type of attention ("multipole2d", "auto", "full"), or JSON text: an object {"type": ..., fields...,
// "blocks": [...]} or an array with an entry a block (backbone/families/vit/vit_attention.h).

// The resolved config with its attention swapped. Throws ConfigError that begins with `where` for a choice that cannot
// be, and for a backbone of a family whose attention is a part of what it has learned.
ModelConfig swap_attention(const ModelConfig& architecture, const std::string& choice, const std::string& where);

// The same for a model: all weights stay, those that a mechanism adds to them (bases, biases) start fresh. What is
// stored of it names the new attention. An empty choice leaves the model as it is. Throws as above.
LoadedModel swap_attention(LoadedModel loaded, const std::string& choice, const std::string& where);

// Whether a parameter of this name is what a swapped attention adds to the projections and norms of the one that it
// replaces: it may start fresh, and it is what adaptation learns.
bool is_added_by_attention(const std::string& name);

}  // namespace multipole
