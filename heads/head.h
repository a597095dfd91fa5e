// A head turns the backbone's feature maps into the task's output. Segmentation and classification share this
// interface.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/families/backbone.h"

namespace multipole {

// Height and width of the images that the features were made from, in pixels.
struct ImageSize {
  int64_t height = 0;
  int64_t width = 0;
};

// What a head that reads the backbone's embedding is told of it: one map of one token a picture.
inline std::vector<FeatureInfo> embedding_info(int64_t embedding_dim) { return {{.num_channels = embedding_dim}}; }

// A head also says which task it serves and counts its parameters without making them:
//   static constexpr const char* kTask;   // "segmentation": what its logits are for
//   static double count_parameters(const Config&, const std::vector<FeatureInfo>&, int64_t num_classes);
class Head : public torch::nn::Module {
 public:
  // features: the backbone's maps, finest first, each NCHW (B, num_channels, h, w), as its feature_info() describes;
  // with masses, what pools tokens leaves the masked ones out. image_size lets a dense head resize its output to the
  // images; a head with one answer an image ignores it. Returns logits: (B, num_classes) for classification, (B,
  // num_classes, H, W) for segmentation.
  virtual torch::Tensor forward(const FeatureMaps& features, ImageSize image_size) = 0;

  // forward() first and, in training, the logits of auxiliary classifiers, whose losses help it to learn.
  virtual std::vector<torch::Tensor> forward_all(const FeatureMaps& features, ImageSize image_size) {
    return {forward(features, image_size)};
  }

  // Whether a dense head looks at the whole picture for each token: what it says of one then depends on how much is
  // shown.
  virtual bool pools_picture() const { return false; }

  // Names, relative to this module, of parameters that weight decay must leave alone (beyond biases and norms).
  virtual std::vector<std::string> no_weight_decay() const { return {}; }
};

}  // namespace multipole
