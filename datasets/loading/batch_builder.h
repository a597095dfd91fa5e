// Makes one batch of an epoch: reads, transforms, normalises, stacks and mixes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datasets/augmentation/batch_mix.h"
#include "datasets/dataset.h"
#include "datasets/loading/sample_transform.h"
#include "datasets/pictures/preprocessing.h"

namespace multipole {

struct BatchBuilder {
  std::shared_ptr<const Dataset> dataset;
  SampleTransform transform;
  Normalizer normalizer;
  BatchMixConfig mix;
  uint64_t seed = 0;
  std::function<int64_t(int64_t epoch)> picture_size = {};  // LoaderOptions::picture_size

  // `number` is the batch's place in the epoch. `reading` is called with a sample's index before it is read. A sample
  // that throws InputError goes to Batch::bad; any other failure is thrown with the sample's path.
  Batch operator()(const std::vector<int64_t>& indices, int64_t epoch, int64_t number,
                   const std::function<void(int64_t)>& reading) const;
};

}  // namespace multipole
