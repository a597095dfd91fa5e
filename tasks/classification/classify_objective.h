#pragma once

#include <string>

#include "base/fields.h"

namespace multipole {

// What a classifier's training makes small, and what its best model is chosen by.
struct ClassifyObjective {
  std::string loss = "auto";
  double focal_gamma = 2.0;
  std::string class_weights = "none";
  std::string score = "auto";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field(
        "loss", self.loss,
        "cross_entropy, focal, or bce (every class a question of its own); auto: cross_entropy, or bce where pictures "
        "have several classes");
    field("focal_gamma", self.focal_gamma, "focal: how much less a well-known sample counts");
    field("class_weights", self.class_weights,
          "none, or balanced: a class of n pictures counts 1 / n (at most 50 times the largest), on average 1; where "
          "pictures have several classes, showing a class and not showing it count alike (at most 50 to 1)");
    field("score", self.score,
          "top1, balanced_accuracy (the mean over classes) where classes are uneven, or map (mean average precision); "
          "auto: top1, or map where pictures have several classes");
  }
  void validate(const std::string& where) const;
};

// `auto` replaced by what it stands for. Throws ConfigError for what makes no sense of such data: a loss in which
// classes exclude each other where pictures have several, and a score for the other kind of data.
ClassifyObjective resolve_objective(const ClassifyObjective& objective, bool has_label_sets);

}  // namespace multipole
