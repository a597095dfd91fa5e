// What rebuilds a model without its weights: kept in every run's config and in every model file.
#pragma once

#include <cstdint>
#include <string>

#include "base/fields.h"
#include "base/json.h"

namespace multipole {

struct ModelConfig {
  std::string preset = "multipole_nano";
  Json backbone = Json::object();
  Json head = Json{{"type", "classification"}};
  int64_t num_classes = 0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("preset", self.preset, "backbone preset, see preset_names(); empty: backbone says it all");
    field("backbone", self.backbone, "values that replace the preset's");
    field("head", self.head, "head type and its values");
    field("num_classes", self.num_classes, "classes; 0 takes the number that the data has");
  }
  void validate(const std::string& where) const;
};

// The same model with every default written out, so that a later change of a default cannot change it.
// Throws ConfigError for an unknown preset, type or key, and for a model larger than backbone/families/model_size.h
// allows.
ModelConfig resolve_model_config(const ModelConfig& config);

// Parameters of the model that a resolved config describes, without making it.
double count_parameters(const ModelConfig& resolved);

}  // namespace multipole
