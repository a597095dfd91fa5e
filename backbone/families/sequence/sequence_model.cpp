#include "backbone/families/sequence/sequence_model.h"

#include <torch/nn/modules/container/modulelist.h>

#include <cmath>
#include <utility>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/blocks/checkpoint.h"
#include "backbone/families/model_size.h"
#include "backbone/layers/init.h"
#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {

namespace {

constexpr const char* kAttention = "model.attention";

std::string block_prefix(size_t index) { return "blocks." + std::to_string(index) + "."; }

// The vision backbone's block on a grid of one row.
BlockShape shape_of(const SequenceConfig& config, int64_t block = 0) {
  // mechanisms count the tokens of a square grid
  const auto grid_size = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(config.context))));
  return {.attention_shape = {.embed_dim = config.embed_dim,
                              .num_heads = config.num_heads,
                              .grid_size = grid_size,
                              .block = block},
          .attention = config.attention,
          .hidden_dim = std::llround(static_cast<double>(config.embed_dim) * config.mlp_ratio),
          .norm_eps = config.norm_eps};
}

std::vector<ModelPart> parts_of(const SequenceConfig& config) {
  const auto embed_dim = static_cast<double>(config.embed_dim), depth = static_cast<double>(config.depth);
  const double embeddings = (static_cast<double>(kNumBytes) + static_cast<double>(config.context)) * embed_dim;
  const double head = layer_norm_parameters(config.embed_dim) + linear_parameters(config.embed_dim, kNumBytes);
  return {
      {.name = "embeddings of " + std::to_string(config.context) + " positions", .parameters = embeddings + head},
      {.name = "the " + std::to_string(config.depth) + " blocks of " + std::to_string(config.embed_dim) + " channels",
       .parameters = depth * count_block_parameters(shape_of(config), kAttention),
       .blocks = depth}};
}

}  // namespace

double count_parameters(const SequenceConfig& config) { return count_parameters(parts_of(config)); }

SequenceModelImpl::SequenceModelImpl(const SequenceConfig& config) : config_(config) {
  config.validate("model");
  config_.attention = resolve_attention_config(config.attention, kAttention);
  require_model_size(parts_of(config), "model");
  byte_embedding_ = register_parameter("byte_embedding", trunc_normal_(torch::empty({kNumBytes, config.embed_dim})));
  position_embedding_ =
      register_parameter("position_embedding", trunc_normal_(torch::empty({config.context, config.embed_dim})));
  auto blocks = register_module("blocks", torch::nn::ModuleList());
  for (int64_t i = 0; i < config.depth; ++i) {
    blocks_.emplace_back(shape_of(config_, i), 0.0, kAttention);
    require(blocks_.back()->attention().is_causal(), kAttention,
            "must be causal, or a byte would be predicted from itself (multipole1d, full: \"causal\": true)",
            config_.attention);
    blocks->push_back(blocks_.back());
  }
  norm_ = register_module("norm", make_layer_norm(config.embed_dim, config.norm_eps));
  head_ = register_module("head", Linear(config.embed_dim, kNumBytes));
}

torch::Tensor SequenceModelImpl::forward(const torch::Tensor& bytes) {
  TORCH_CHECK(bytes.dim() == 2 && bytes.size(1) >= 1 && bytes.size(1) <= config_.context,
              "bytes: expected (B, n) with n from 1 to context = ", config_.context, ", got ", bytes.sizes());
  auto x = torch::embedding(byte_embedding_, bytes) + position_embedding_.slice(0, 0, bytes.size(1));
  x = x.unsqueeze(1);  // (B, 1, n, embed_dim): a grid of one row
  for (auto& block : blocks_) {
    if (gradient_checkpointing_ && is_training()) {
      x = checkpoint([block](const torch::Tensor& tokens) mutable { return block(tokens); }, x);
    } else {
      x = block(std::move(x));
    }
  }
  return head_(norm_(x.squeeze(1)));
}

std::vector<std::string> SequenceModelImpl::no_weight_decay() const {
  std::vector<std::string> names = {"byte_embedding", "position_embedding"};
  for (const auto& parameter : named_parameters()) {
    if (parameter->dim() <= 1) names.push_back(parameter.key());
  }
  for (size_t i = 0; i < blocks_.size(); ++i) {
    for (const auto& name : blocks_[i]->no_weight_decay()) names.push_back(block_prefix(i) + name);
  }
  return names;
}

std::vector<std::vector<std::string>> SequenceModelImpl::layer_groups() const {
  std::vector<std::vector<std::string>> groups = {{"byte_embedding", "position_embedding"}};
  const auto add_group = [&](const torch::nn::Module& module, const std::string& prefix) {
    auto& group = groups.emplace_back();
    for (const auto& parameter : module.named_parameters()) group.push_back(prefix + parameter.key());
  };
  for (size_t i = 0; i < blocks_.size(); ++i) add_group(*blocks_[i], block_prefix(i));
  add_group(*head_, "head.");
  for (const auto& parameter : norm_->named_parameters()) groups.back().push_back("norm." + parameter.key());
  return groups;
}

}  // namespace multipole
