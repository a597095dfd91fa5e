#include "datasets/segmentation/labelled_sample.h"

#include <torch/utils.h>

#include <utility>

#include "datasets/masks/label_map.h"

namespace multipole {

Sample labelled_sample(const std::string& path, DecodedImage image, LabelPart labels) {
  Sample sample;
  sample.path = path;
  sample.image = std::move(image.pixels);
  sample.mask = std::move(labels.labels);
  sample.notes = std::move(image.notes);
  sample.notes.insert(sample.notes.end(), labels.notes.begin(), labels.notes.end());
  if (!image.valid.defined()) return sample;
  const torch::Tensor nodata = image.valid.logical_not();
  sample.nodata_pixels = nodata.sum().item<int64_t>();
  sample.mask.masked_fill_(nodata, kIgnoredLabel);
  return sample;
}

}  // namespace multipole
