// Chooses how to train a segmentation model from what the data are like and how fast this machine is, and says why.
#pragma once

#include "tasks/recipes/recipe.h"

namespace multipole {

// For SegmentConfig, whose crop is chosen already (segment_sizing.h) and whose batch is options.batch_size or small.
// `census` needs no classes: training weighs them by their pixels, unless it looks at no masks beforehand
// (`weigh_classes`). A probe where it may be one and the minutes hold too few epochs. Throws as choose_recipe() does.
Recipe choose_segment_recipe(const TrainingCensus& census, const RecipeOptions& options, bool weigh_classes = true);

}  // namespace multipole
