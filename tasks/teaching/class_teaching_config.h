#pragma once

#include <string>

#include "base/fields.h"

namespace multipole {

// How a classifier learns from another one besides the labels.
struct ClassTeachingConfig {
  std::string teacher;
  double weight = 0.5;
  double temperature = 2.0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("teacher", self.teacher, "model file of a classifier that knows the data's classes; empty: labels alone");
    field("weight", self.weight, "share of the loss that is the teacher's, from 0 to 1; the rest is the labels'");
    field("temperature", self.temperature,
          "what both models' logits are divided by before they are compared: above 1 small probabilities count more");
  }
  void validate(const std::string& where) const;
};

}  // namespace multipole
