#include "tasks/classification/classify_objective.h"

namespace multipole {

void ClassifyObjective::validate(const std::string& where) const {
  require(loss == "auto" || loss == "cross_entropy" || loss == "focal" || loss == "bce", where + ".loss",
          "must be auto, cross_entropy, focal or bce", loss);
  require(focal_gamma >= 0, where + ".focal_gamma", "must not be negative", focal_gamma);
  require(class_weights == "none" || class_weights == "balanced", where + ".class_weights", "must be none or balanced",
          class_weights);
  require(score == "auto" || score == "top1" || score == "balanced_accuracy" || score == "map", where + ".score",
          "must be auto, top1, balanced_accuracy or map", score);
}

ClassifyObjective resolve_objective(const ClassifyObjective& objective, bool has_label_sets) {
  ClassifyObjective resolved = objective;
  if (resolved.loss == "auto") resolved.loss = has_label_sets ? "bce" : "cross_entropy";
  if (resolved.score == "auto") resolved.score = has_label_sets ? "map" : "top1";
  if (has_label_sets) {
    require(resolved.loss == "bce", "objective.loss",
            "must be bce or auto where pictures have several classes: the others share one answer among the classes",
            resolved.loss);
    require(resolved.score == "map", "objective.score", "must be map or auto where pictures have several classes",
            resolved.score);
  }
  require(has_label_sets || resolved.score != "map", "objective.score",
          "is for pictures that have several classes; a manifest gives them in a column named labels", resolved.score);
  return resolved;
}

}  // namespace multipole
