// What the recipe of any task goes by.
#pragma once

#include "tasks/interface/task.h"
#include "tasks/recipes/recipe.h"

namespace multipole {

// All references outlive the result. `evaluation_work`: how many pixels an evaluation sees for each that an epoch of
// training sees.
RecipeOptions recipe_options(const Task& task, const Json& settings, const TrainContext& context, double minutes,
                             double evaluation_work);

}  // namespace multipole
