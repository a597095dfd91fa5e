// The numbers of a segmentation model's report, as report.json holds them:
//
//   metrics           {"samples", "bad_samples", "pixels", "miou", "pixel_accuracy", "mean_accuracy", "mean_dice"}
//   per_class         [{"class", "pixels", "iou", "accuracy", "dice"}], null where there is nothing to divide by
//   confusion_matrix  of pixels; rows are the truth
//   worst             the pictures with the lowest mIoU, worst first: [{"path", "index", "miou", "pixel_accuracy",
//                     "mistake": {"class", "predicted", "share"} or null}]; share is of the picture's labelled pixels
//   census            {"pictures", "ignored_share", "sizes": [{"height", "width", "pictures"}], "classes": [{"class",
//                     "pixels", "pictures"}]}
//   palette           a colour a class, as "#rrggbb"
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/dataset.h"
#include "datasets/pictures/palette.h"
#include "datasets/segmentation/census.h"
#include "tasks/segmentation/evaluation/segment_evaluator.h"

namespace multipole {

struct SegmentedPicture {
  std::string path;
  int64_t index = -1;  // in the data set
  double miou = 0, pixel_accuracy = 0;
  int64_t truth = -1, taken_for = -1;  // the mistake with the most pixels; -1 where there is none
  double mistake_share = 0;
  torch::Tensor labels;  // (H, W) uint8, the model's
};

// Keeps, of all the pictures that it is shown, those with the lowest mean IoU of the classes that are in them.
class WorstPictures {
 public:
  WorstPictures(int64_t num_classes, int64_t max_pictures = 12);

  // predictions (B, H, W) uint8 of a batch with masks. A picture without a labelled pixel counts for nothing.
  void update(const torch::Tensor& predictions, const Batch& batch);

  const std::vector<SegmentedPicture>& pictures() const { return pictures_; }  // worst first

 private:
  int64_t num_classes_, max_pictures_;
  std::vector<SegmentedPicture> pictures_;
};

// All but the census and the palette.
Json segmentation_report(const SegmenterEvaluation& evaluation, const WorstPictures& worst,
                         const std::vector<std::string>& class_names);

Json census_json(const SegmentationCensus& census, const std::vector<std::string>& class_names);

// "#rrggbb" for each of `num_classes`.
Json palette_json(const std::vector<PaletteColor>& palette, size_t num_classes);

}  // namespace multipole
