// What happens to a decoded sample before it is normalised and stacked.
#pragma once

#include <functional>

#include "base/sample_random.h"
#include "datasets/augmentation/augmentation.h"
#include "datasets/dataset.h"
#include "datasets/pictures/preprocessing.h"

namespace multipole {

// Makes a sample ready for its batch: all images that come out have one size. Called from several threads.
using SampleTransform = std::function<Sample(const Sample&, SampleRandom&)>;

// resize_center_crop of the image; no randomness.
SampleTransform make_eval_transform(const Preprocessing& preprocessing);

// Augmentation of the image.
SampleTransform make_train_transform(const AugmentationConfig& augmentation, const Preprocessing& preprocessing);

}  // namespace multipole
