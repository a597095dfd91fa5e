#include "datasets/loading/sample_transform.h"

namespace multipole {

SampleTransform make_eval_transform(const Preprocessing& preprocessing) {
  preprocessing.validate("preprocessing");
  return [preprocessing](const Sample& sample, SampleRandom&) {
    return Sample{resize_center_crop(sample.image, preprocessing), sample.label, {}, sample.path};
  };
}

SampleTransform make_train_transform(const AugmentationConfig& augmentation, const Preprocessing& preprocessing) {
  return [augment = Augmentation(augmentation, preprocessing)](const Sample& sample, SampleRandom& random) {
    return Sample{augment(sample.image, random), sample.label, {}, sample.path};
  };
}

}  // namespace multipole
