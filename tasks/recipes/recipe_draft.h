// A recipe in the making: the choices that are the same for every task.
#pragma once

#include <cstdint>
#include <string>

#include "tasks/recipes/recipe.h"

namespace multipole {

class RecipeDraft {
 public:
  // `options` outlive this; `pictures` are those of the training split.
  RecipeDraft(const RecipeOptions& options, int64_t pictures);

  Json& settings() { return recipe_.settings; }
  void because(const std::string& what, const std::string& why) { recipe_.reasons.push_back(what + ": " + why); }
  bool fine_tunes() const { return options_.init.has_value(); }
  int64_t batch() const { return batch_; }
  int64_t epochs() const { return epochs_; }
  // Whether choose_length() found that the minutes hold fewer epochs than it chose.
  bool is_too_long() const { return is_too_long_; }

  // train.batch_size: what the user has fixed, else `wanted` or as many as leave four steps an epoch.
  void choose_batch(int64_t wanted);
  // train.optimizer, and how the layers of a model that is fine-tuned share its rate.
  void choose_optimizer(double learning_rate, const std::string& why);
  // train.epochs: as many as the minutes hold at the speed that is measured now, with the settings so far; with them
  // the schedule, patience and average. `evaluation_share` is that of an epoch.
  void choose_length(double evaluation_share);

  Recipe take() { return std::move(recipe_); }

 private:
  int64_t epochs_within_minutes(double evaluation_share);

  const RecipeOptions& options_;
  Recipe recipe_;
  int64_t pictures_;
  int64_t batch_ = 1, epochs_ = 0;
  bool is_too_long_ = false;
};

}  // namespace multipole
