// How the masks of a training were read, in its model's file under training.masks: evaluation reads others alike.
#pragma once

#include "base/json.h"
#include "datasets/masks/mask_options.h"
#include "engine/files/model_file.h"

namespace multipole {

void record_masks(const MaskOptions& masks, ModelMetadata& metadata);

// What was recorded, and the model's classes. Files of older versions hold the training's data settings instead, with
// the path of a colour map, which is taken where it can still be read; models that were not trained on masks hold
// nothing. Throws ModelFileError where the record is damaged.
MaskOptions recorded_masks(const ModelMetadata& metadata);

}  // namespace multipole
