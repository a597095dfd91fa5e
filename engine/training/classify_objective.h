#pragma once

#include <string>

#include "backbone/config/fields.h"

namespace multipole {

// What a classifier's training makes small, and what its best model is chosen by.
struct ClassifyObjective {
  std::string loss = "cross_entropy";
  double focal_gamma = 2.0;
  std::string class_weights = "none";
  std::string score = "top1";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("loss", self.loss, "cross_entropy, focal, or bce (every class a question of its own)");
    field("focal_gamma", self.focal_gamma, "focal: how much less a well-known sample counts");
    field("class_weights", self.class_weights,
          "none, or balanced: a class of n pictures counts 1 / n (at most 50 times the largest), on average 1");
    field("score", self.score, "top1, or balanced_accuracy (the mean over classes) where classes are uneven");
  }
  void validate(const std::string& where) const;
};

}  // namespace multipole
