// The shape of a vision transformer (Dosovitskiy et al., arXiv 2010.11929) and of what came after it: DeiT, DINOv2,
// registers, CLIP, SigLIP, DINOv3. Fields are named by what they do, not by who published them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"

namespace multipole {

struct VitConfig {
  int64_t in_channels = 3;
  int64_t image_size = 224;
  int64_t patch_size = 16;
  std::string partial_patches = "pad";
  int64_t embed_dim = 192;
  int64_t depth = 12;
  int64_t num_heads = 3;
  int64_t hidden_dim = 0;
  std::string activation = "gelu";
  bool gated_mlp = false;
  bool class_token = true;
  int64_t register_tokens = 0;
  std::string positions = "learned";
  std::string position_resize = "antialiased";
  double rotary_period = 100.0;
  double norm_eps = 1e-6;
  bool pre_norm = false;
  bool final_norm = true;
  bool pool_norm = false;
  std::string pooling = "class_token";
  int64_t projection_dim = 0;
  double layer_scale_init = 0.0;
  double drop_path_rate = 0.0;
  bool pyramid = false;
  std::vector<int64_t> map_blocks;
  Json attention = {{"type", "full"}};

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("in_channels", self.in_channels, "channels of the input picture");
    field("image_size", self.image_size, "nominal side of a picture in pixels; every other size works");
    field("patch_size", self.patch_size, "pixels along each side of a token");
    field("partial_patches", self.partial_patches,
          "what becomes of a border narrower than a patch in the embedding: pad (with zeros) or drop; maps are padded");
    field("embed_dim", self.embed_dim, "token width");
    field("depth", self.depth, "blocks");
    field("num_heads", self.num_heads, "attention heads");
    field("hidden_dim", self.hidden_dim, "hidden width of the MLP; 0 takes 4 x embed_dim");
    field("activation", self.activation, "of the MLP: gelu, gelu_tanh, quick_gelu, silu or relu");
    field("gated_mlp", self.gated_mlp, "the MLP's hidden layer times an activated gate (SwiGLU with silu)");
    field("class_token", self.class_token, "a learned token before the grid's");
    field("register_tokens", self.register_tokens, "more such tokens, after the class token");
    field("positions", self.positions, "learned (added to tokens), rotary (turn queries and keys) or none");
    field("position_resize", self.position_resize,
          "learned positions on another grid: bicubic, or antialiased (bicubic that is)");
    field("rotary_period", self.rotary_period, "longest period of rotary positions; coordinates are -1 to 1");
    field("norm_eps", self.norm_eps, "epsilon of every layer norm");
    field("pre_norm", self.pre_norm, "layer norm before the first block");
    field("final_norm", self.final_norm, "layer norm after the last block, of maps and of what is pooled");
    field("pool_norm", self.pool_norm, "layer norm of the pooled vector");
    field("pooling", self.pooling,
          "the embedding: class_token, mean (of the grid), attention (a learned query), class_token_and_mean, or "
          "class_and_register_token (the first register, as distilled DeiT has it)");
    field("projection_dim", self.projection_dim, "width of a linear layer after the pooling; 0 leaves it out");
    field("layer_scale_init", self.layer_scale_init,
          "initial layer scale of both branches of a block; 0 leaves it out");
    field("drop_path_rate", self.drop_path_rate, "stochastic depth of the last block, growing linearly from 0");
    field("pyramid", self.pyramid, "four maps for dense heads, each half as fine as the one before");
    field("map_blocks", self.map_blocks,
          "blocks, from 0, whose tokens become maps; empty: the last. With pyramid one a map, or none");
    field("attention", self.attention,
          "attention mechanism: its type and the fields of that type; or an array of such objects, one a block");
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;

  int64_t prefix_tokens() const { return (class_token ? 1 : 0) + register_tokens; }
  int64_t mlp_hidden_dim() const { return hidden_dim > 0 ? hidden_dim : 4 * embed_dim; }
  // Tokens along each side of the learned positions.
  int64_t position_grid() const { return image_size / patch_size; }
  // Numbers of the pooled vector, and of the embedding.
  int64_t pooled_dim() const;
  int64_t embedding_dim() const { return projection_dim > 0 ? projection_dim : pooled_dim(); }
};

// Maps of the pyramid.
inline constexpr int64_t kVitMaps = 4;

}  // namespace multipole
