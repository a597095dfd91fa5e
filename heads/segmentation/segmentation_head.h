// What all segmentation heads share: a decoder turns the four maps into one of features, a linear layer turns those
// into logits, and logits are resized to the images by bilinear interpolation. An auxiliary classifier may look at the
// third map in training (Zhao et al., PSPNet, arXiv 1612.01105, section 3.3).
//
// Every norm of a decoder is a layer norm over the channels of one token: no running statistics, so that any batch size
// trains, and no statistics over the picture, so that a token's logits depend on its receptive field alone, whether it
// is seen in a whole picture or in a tile.
#pragma once

#include <torch/nn/modules/dropout.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backbone/families/backbone.h"
#include "backbone/layers/linear.h"
#include "base/fields.h"
#include "heads/head.h"
#include "heads/segmentation/decoder_layers.h"

namespace multipole {

struct SegmentationHeadConfig {
  int64_t channels = 128;
  double dropout = 0.1;
  bool auxiliary = false;
  bool context = false;
  std::string resize = "stretch";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("channels", self.channels, "width of the decoder");
    field("dropout", self.dropout, "share of the decoded channels that training sets to zero, whole maps at a time");
    field("auxiliary", self.auxiliary, "a second classifier on the third map, in training only");
    field("context", self.context, "learn to use a coarse view of the whole picture beside a tile of it");
    field(
        "resize", self.resize,
        "how a coarse map is brought to a finer one's size: stretch (over it, as published heads are), or stride (by "
        "the pixels of their tokens: where a side is no multiple of the coarsest stride, tokens stay where they are)");
  }
  void validate(const std::string& where) const;
};

// Throws ConfigError for a `resize` that is neither.
void require_resize(const std::string& resize, const std::string& where);

std::vector<int64_t> channels_of(const std::vector<FeatureInfo>& feature_info);

class SegmentationHead : public Head {
 public:
  static constexpr const char* kTask = "segmentation";

  SegmentationHead(const SegmentationHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                   int64_t num_classes);

  // -> (B, num_classes, image_size.height, image_size.width)
  torch::Tensor forward(const FeatureMaps& features, ImageSize image_size) final;

  // The same and, in training, the auxiliary classifier's.
  std::vector<torch::Tensor> forward_all(const FeatureMaps& features, ImageSize image_size) final;

  // Whether the parameter `name`, relative to this module, answers for the classes: with others it starts fresh, and
  // the decoder before it does not.
  static bool is_classifier(const std::string& name) {
    return name.starts_with("classifier.") || name.starts_with("auxiliary_classifier.");
  }

  bool takes_context() const { return !context_.is_empty(); }

  // The last map plus what a linear layer, which begins as zero, makes of the context, both (B, C, h, w): see
  // context.h.
  torch::Tensor add_context(const torch::Tensor& last_map, const torch::Tensor& context);

 protected:
  // Of what all have; a head adds its decoder's.
  static double count_shared_parameters(const SegmentationHeadConfig& config,
                                        const std::vector<FeatureInfo>& feature_info, int64_t num_classes);

  // Tokens (B, h, w, C) of the four maps, finest first -> (B, h0, w0, channels) at the finest map's size.
  // last_mass: undefined, or (B, h, w), how much the tokens of the last map count: for what pools over the picture.
  // Next to masked tokens, which are zero, resizing and convolutions see zeros where a picture that ends there repeats
  // its border: the logits there differ from that picture's as far as a decoder reaches.
  virtual torch::Tensor decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor& last_mass) = 0;

  // Pixels along a token of what decode() gives: those of the finest map.
  virtual double decoded_stride() const { return static_cast<double>(feature_info_.front().stride); }

  // Of the backbone's maps, finest first.
  const std::vector<FeatureInfo>& feature_info() const { return feature_info_; }

  // How many tokens of the map `to` lie along one of `from`, for resize_tokens(); nothing where maps are stretched.
  std::optional<double> scale(size_t from, size_t to) const;

  // From every map but the finest to the one before it.
  std::vector<std::optional<double>> scales_between() const;

 private:
  // Logits of a map whose tokens are `stride` pixels wide at the pictures' size.
  torch::Tensor logits_at(const torch::Tensor& token_logits, ImageSize size, double stride) const;

  std::vector<FeatureInfo> feature_info_;
  bool resizes_by_stride_;
  torch::nn::Dropout2d dropout_{nullptr};
  Linear classifier_{nullptr};
  ConvNorm auxiliary_conv_{nullptr};  // null without the auxiliary classifier
  Linear auxiliary_classifier_{nullptr};
  Linear context_{nullptr};  // null for a model that takes none
};

}  // namespace multipole
