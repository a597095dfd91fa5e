#include "engine/weights/attention_swap.h"

#include <utility>

#include "backbone/registry.h"
#include "base/error.h"
#include "engine/weights/weight_init.h"

namespace multipole {
namespace {

Json parse_choice(const std::string& choice, const std::string& where) {
  return choice.find_first_of("{[\"") == 0 ? parse_json(choice, where) : Json(choice);
}

}  // namespace

bool is_added_by_attention(const std::string& name) {
  if (name.find(".attention.") == name.npos) return false;
  for (const char* taken_over : {".qkv.", ".proj.", ".q_norm.", ".k_norm."}) {
    if (name.find(taken_over) != name.npos) return false;
  }
  return true;
}

ModelConfig swap_attention(const ModelConfig& architecture, const std::string& choice, const std::string& where) {
  ModelConfig swapped = resolve_model_config(architecture);
  swapped.backbone = swap_backbone_attention(swapped.backbone, parse_choice(choice, where), where);
  return resolve_model_config(swapped);
}

LoadedModel swap_attention(LoadedModel loaded, const std::string& choice, const std::string& where) {
  if (choice.empty()) return loaded;
  LoadedModel swapped;
  swapped.metadata = std::move(loaded.metadata);
  swapped.metadata.architecture = swap_attention(swapped.metadata.architecture, choice, where);
  swapped.model = VisionModel(swapped.metadata.architecture);
  const auto report = initialize_weights(*swapped.model, named_weights(*loaded.model), "the model");
  for (const auto& entry : report.entries) {
    const bool is_fresh = entry.fate == WeightFate::kMissing || entry.fate == WeightFate::kMismatched;
    if (is_fresh && !is_added_by_attention(entry.name)) {
      throw ConfigError(where + " " + choice + ": the model has no weights for it: " + entry.name + " " + entry.detail);
    }
  }
  swapped.model->eval();
  return swapped;
}

}  // namespace multipole
