// A vision transformer: patches of pixels, prefix tokens, blocks on one grid.
#pragma once

#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "backbone/blocks/block.h"
#include "backbone/families/backbone.h"
#include "backbone/families/vit/feature_pyramid.h"
#include "backbone/families/vit/position_embedding.h"
#include "backbone/families/vit/vit_config.h"
#include "backbone/families/vit/vit_pooling.h"
#include "backbone/layers/patch_embedding.h"

namespace multipole {

// Parameters: patch.*, prefix, positions.*, norm_pre.*, blocks.<i>.*, norm.*, pool.*, pyramid.*. Tokens are a sequence
// (B, prefix + rows * columns, embed_dim) inside. Positions, learned or rotary, are those of the whole picture,
// whichever of its pixels hold data.
class Vit : public Backbone {
 public:
  // Throws ConfigError, naming `where`.
  explicit Vit(const VitConfig& config, const std::string& where = "backbone");

  std::vector<torch::Tensor> forward_intermediates(const Images& images) override;
  bool takes_validity() const override;
  torch::Tensor embed(const Images& images) override;
  BackboneOutput forward_all(const Images& images) override;
  int64_t embedding_dim() const override { return config_.embedding_dim(); }
  std::vector<FeatureInfo> feature_info() const override;
  int64_t image_size() const override { return config_.image_size; }
  std::vector<std::string> no_weight_decay() const override;
  std::vector<std::vector<std::string>> layer_groups() const override;
  void set_gradient_checkpointing(bool on) override { gradient_checkpointing_ = on; }
  BackboneCost cost(int64_t height, int64_t width) const override;
  void visit_attention(const std::function<void(const AttentionPlace&, Attention&)>& visit) const override;
  void observe_attention(const std::function<void(const AttentionPlace&, const torch::Tensor&)>& observer) override;
  void observe_attention_calls(
      const std::function<void(const AttentionPlace&, const AttentionCall&)>& observer) override;

 private:
  struct Tokens {
    torch::Tensor sequence;
    SequenceGrid grid;
  };
  Tokens tokens_of(const Images& images, PartialPatches partial);
  // Runs all blocks on `tokens`, and gives the maps.
  std::vector<torch::Tensor> maps_of(Tokens& tokens, const Images& images);
  torch::Tensor run_block(size_t block, torch::Tensor sequence, const SequenceGrid& grid);
  torch::Tensor normed(const torch::Tensor& sequence) { return norm_ ? norm_(sequence) : sequence; }
  AttentionPlace place_of(size_t block) const;

  VitConfig config_;
  bool gradient_checkpointing_ = false;
  PatchEmbedding patch_{nullptr};
  torch::Tensor prefix_;  // (prefix_tokens, embed_dim)
  PositionEmbedding positions_{nullptr};
  torch::nn::LayerNorm norm_pre_{nullptr}, norm_{nullptr};
  std::vector<Block> blocks_;
  VitPooling pool_{nullptr};
  FeaturePyramid pyramid_{nullptr};
};

}  // namespace multipole
