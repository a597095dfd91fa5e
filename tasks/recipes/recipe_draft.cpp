#include "tasks/recipes/recipe_draft.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.h"
#include "engine/report/page.h"

namespace multipole {
namespace {

constexpr double kFewestEpochs = 3, kMostEpochs = 200, kMostFineTuningEpochs = 100;

// Three digits that count, so that a slow machine's speed is no 0.
std::string speed_text(double per_second) {
  return number_text(per_second, per_second >= 100 ? 0 : per_second >= 1 ? 1 : 3);
}

}  // namespace

RecipeDraft::RecipeDraft(const RecipeOptions& options, int64_t pictures)
    : options_(options), pictures_(std::max<int64_t>(1, pictures)) {}

void RecipeDraft::choose_batch(int64_t wanted) {
  const auto fitting = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(pictures_))) / 4;
  batch_ = options_.batch_size.value_or(std::clamp<int64_t>(fitting, 1, wanted));
  recipe_.settings["train"]["batch_size"] = batch_;
  if (options_.batch_size) return;
  because("batches of " + std::to_string(batch_),
          std::to_string(pictures_) + " pictures: " + std::to_string(std::max<int64_t>(1, pictures_ / batch_)) +
              " steps an epoch");
}

void RecipeDraft::choose_optimizer(double learning_rate, const std::string& why) {
  Json& train = recipe_.settings["train"];
  train["optimizer"] = {{"type", "muon"}, {"lr", learning_rate}, {"weight_decay", 0.05}};
  because("muon, learning rate " + number_text(learning_rate, 5), why);
  if (!fine_tunes()) return;
  train["fine_tune"]["layer_decay"] = 0.9;
  because("each layer at 0.9 of the next one's rate",
          "what the weights know is to be changed less than what they do not");
}

void RecipeDraft::choose_length(double evaluation_share) {
  if (options_.epochs) {
    epochs_ = *options_.epochs;
    because(std::to_string(epochs_) + " epochs", "as given");
  } else {
    epochs_ = epochs_within_minutes(evaluation_share);
  }
  Json& train = recipe_.settings["train"];
  train["epochs"] = epochs_;
  train["patience"] = std::max<int64_t>(10, epochs_ / 3);
  const double steps = static_cast<double>(epochs_ * std::max<int64_t>(1, pictures_ / batch_));
  train["ema"]["decay"] = std::clamp(1 - 15 / steps, 0.9, 0.999);
  train["schedule"] = {{"type", "cosine"}, {"warmup_epochs", std::min(3.0, 0.1 * static_cast<double>(epochs_))}};
  if (!fine_tunes() || epochs_ < 8) return;
  train["fine_tune"]["head_epochs"] = 1;
  because("the head alone in the first epoch", "it starts from nothing, and what it sends back would harm the rest");
}

int64_t RecipeDraft::epochs_within_minutes(double evaluation_share) {
  if (!options_.measure) {
    throw ConfigError(
        "--recipe auto measures how fast the machine is, which several processes would each answer otherwise: give "
        "--epochs");
  }
  const StepTiming timing = options_.measure(recipe_.settings);
  const double epoch_seconds = static_cast<double>(pictures_) / timing.images_per_second * (1 + evaluation_share);
  // a speed that is no number gives the fewest
  const double affordable = std::floor(options_.minutes * 60 / epoch_seconds);
  const double most = fine_tunes() ? kMostFineTuningEpochs : kMostEpochs;
  is_too_long_ = !(affordable >= kFewestEpochs);
  const auto epochs = std::llround(affordable > kFewestEpochs ? std::min(affordable, most) : kFewestEpochs);
  because(std::to_string(epochs) + " epochs",
          "about " + number_text(static_cast<double>(epochs) * epoch_seconds / 60, 1) + " of " +
              number_text(options_.minutes, options_.minutes < 10 ? 2 : 0) + " minutes at " +
              speed_text(timing.images_per_second) + " pictures a second, measured over " +
              std::to_string(timing.steps) + (timing.steps == 1 ? " step on " : " steps on ") + timing.where);
  return epochs;
}

}  // namespace multipole
