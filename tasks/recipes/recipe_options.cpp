#include "tasks/recipes/recipe_options.h"

#include <algorithm>
#include <optional>

#include "engine/training/step_timing.h"
#include "tasks/interface/open_settings.h"

namespace multipole {
namespace {

constexpr double kMeasuringShare = 0.05;   // of the minutes, and within these bounds
constexpr double kForwardShare = 1.0 / 3;  // of a training step: the backward pass costs two forward ones
constexpr double kLeastSeconds = 0.2, kMostSeconds = 5;

std::optional<int64_t> given_number(const Json& settings, const char* key) {
  if (!has_key(settings, "train", key) || !settings["train"][key].is_number_integer()) return std::nullopt;
  return settings["train"][key].get<int64_t>();
}

}  // namespace

RecipeOptions recipe_options(const Task& task, const Json& settings, const TrainContext& context, double minutes,
                             double evaluation_work) {
  RecipeOptions options;
  options.init = context.init;
  options.minutes = minutes;
  options.evaluation_share = kForwardShare * evaluation_work;
  options.epochs = given_number(settings, "epochs");
  options.batch_size = given_number(settings, "batch_size");
  if (!context.may_measure) return options;
  options.measure = [&task, &settings, &context, minutes](const Json& chosen) {
    Json all = settings;
    put_below(all, chosen);
    const double seconds = std::clamp(kMeasuringShare * 60 * minutes, kLeastSeconds, kMostSeconds);
    return time_training_steps(task.open_trial(all, context.data)->run(), {.seconds = seconds});
  };
  return options;
}

}  // namespace multipole
