// The shape of a backbone: what a preset in configs/models/ holds.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"

namespace multipole {

inline constexpr int64_t kNumStages = 4;

struct PyramidConfig {
  int64_t in_channels = 3;
  int64_t image_size = 224;
  int64_t stem_stride = 4;
  std::vector<int64_t> embed_dims = {64, 128, 256, 512};
  std::vector<int64_t> depths = {2, 2, 6, 2};
  std::vector<int64_t> num_heads = {2, 4, 8, 16};
  double mlp_ratio = 4.0;
  double drop_path_rate = 0.0;
  double layer_scale_init = 0.0;
  bool position_conv = true;
  std::string embedding = "convolutional";
  bool mlp_conv = false;
  std::vector<int64_t> mlp_kernels;
  double norm_eps = 1e-6;
  bool stage_norms = true;
  Json attention = {{"type", "multipole2d"}};
  std::vector<Json> stage_attention;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("in_channels", self.in_channels, "channels of the input picture");
    field("image_size", self.image_size,
          "nominal side of a picture in pixels: sizes the parameters that depend on the grid; every other size works");
    field("stem_stride", self.stem_stride, "pixels along each side of a first-stage token: 1, 2 or 4");
    field("embed_dims", self.embed_dims, "token width of each stage");
    field("depths", self.depths, "blocks of each stage");
    field("num_heads", self.num_heads, "attention heads of each stage");
    field("mlp_ratio", self.mlp_ratio, "hidden width of the MLP over its token width");
    field("drop_path_rate", self.drop_path_rate, "stochastic depth of the last block, growing linearly from 0");
    field("layer_scale_init", self.layer_scale_init,
          "initial layer scale of both branches of a block; 0 leaves it out");
    field("position_conv", self.position_conv, "residual depthwise 3 x 3 convolution before each block's attention");
    field(
        "embedding", self.embedding,
        "what makes a stage's tokens: convolutional (a stem of two 3 x 3 convolutions, then one a stage), overlapping "
        "(SegFormer's: one of 7 x 7 pixels, then of 3 x 3 tokens, each with a layer norm) or patches (Swin's: linear "
        "on "
        "patches that do not overlap, then on 2 x 2 tokens, each with a layer norm)");
    field("mlp_conv", self.mlp_conv, "depthwise 3 x 3 convolution in the MLP, before its activation");
    field("mlp_kernels", self.mlp_kernels,
          "side of the kernel of the MLP's first layer in each stage: 1 a linear layer, 3 a convolution of 3 x 3 "
          "tokens (EfficientNetV2's fused MBConv); empty for 1 everywhere");
    field("norm_eps", self.norm_eps, "epsilon of every layer norm");
    field("stage_norms", self.stage_norms, "layer norm after every stage; false: after the last one alone");
    field("attention", self.attention, "attention mechanism: its type and the fields of that type");
    field("stage_attention", self.stage_attention, "four objects merged over attention, one a stage; empty for none");
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;

  // Whether `stage` ends with a layer norm.
  bool has_norm(int64_t stage) const { return stage_norms || stage == kNumStages - 1; }

  // The kernel's side of `stage`: of mlp_kernels, or 1.
  int64_t mlp_kernel(int64_t stage) const { return mlp_kernels.empty() ? 1 : mlp_kernels[stage]; }

  // Pixels along each side of a token of `stage` (0 to 3).
  int64_t stride(int64_t stage) const { return stem_stride << stage; }

  // The attention config of `stage`: `attention` with that stage's overrides merged over it.
  Json attention_of(int64_t stage) const;
};

}  // namespace multipole
