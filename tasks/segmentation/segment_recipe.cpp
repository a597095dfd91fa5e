#include "tasks/segmentation/segment_recipe.h"

#include <algorithm>
#include <cmath>

#include "tasks/recipes/recipe_draft.h"

namespace multipole {
namespace {

constexpr int64_t kLargestBatch = 8;
constexpr double kEvaluationShare = 0.2;  // of the time, at most
constexpr int64_t kMostEpochsBetween = 10;

// Whole pictures are evaluated: where that would take much of an epoch, not after each.
double choose_evaluation(RecipeDraft& draft, double share) {
  const double wanted = std::ceil(share / kEvaluationShare);
  const int64_t every = wanted > 1 ? std::llround(std::min<double>(wanted, kMostEpochsBetween)) : 1;
  draft.settings()["train"]["eval_every"] = every;
  if (every > 1) {
    draft.because("measured every " + std::to_string(every) + " epochs",
                  "the pictures to measure on are whole, and take about " + std::to_string(std::llround(100 * share)) +
                      "% of an epoch's time");
  }
  return share / static_cast<double>(every);
}

}  // namespace

Recipe choose_segment_recipe(const TrainingCensus& census, const RecipeOptions& options, bool weigh_classes) {
  RecipeDraft draft(options, census.pictures);
  if (draft.fine_tunes()) merge_json(draft.settings(), settings_of(*options.init));
  draft.choose_batch(kLargestBatch);
  const double rate = 3e-3 * std::sqrt(static_cast<double>(draft.batch()) / 4.0);
  draft.choose_optimizer(rate, "batches of " + std::to_string(draft.batch()) + ", each pixel of which teaches");
  draft.settings()["augmentation"] = {{"scale", {0.6, 1.6}}, {"horizontal_flip", 0.5}};
  draft.because("mirroring, mild scaling, light", std::to_string(census.pictures) + " pictures");
  if (weigh_classes) {
    draft.settings()["loss"]["class_weights"] = "auto";
    draft.because("rare classes weigh more", "by their pixels in the census");
  }
  draft.choose_length(choose_evaluation(draft, options.evaluation_share));
  Recipe training = draft.take();
  if (!options.may_probe || !draft.is_too_long()) return training;
  return {.probe = true,
          .settings = settings_of(*options.init),
          .reasons = {"a probe: the minutes hold no training of all weights (" + training.reasons.back() +
                      "), and each picture's map is computed once"}};
}

}  // namespace multipole
