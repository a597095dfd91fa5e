#include "backbone/families/pyramid/stage.h"

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>

#include <utility>

#include "backbone/families/pyramid/resolve_pyramid.h"
#include "backbone/layers/layer_norm.h"
#include "backbone/layers/token_mass.h"

namespace multipole {
namespace {

std::string block_name(size_t index) { return "blocks." + std::to_string(index); }

void append_names(const torch::nn::Module& module, const std::string& prefix, std::vector<std::string>& names) {
  for (const auto& parameter : module.named_parameters()) names.push_back(prefix + "." + parameter.key());
}

}  // namespace

StageImpl::StageImpl(const PyramidConfig& config, int64_t stage, const std::vector<double>& drop_path_rates) {
  const int64_t embed_dim = config.embed_dims[stage];
  if (stage > 0) {
    embedding_ = make_stage_embedding(config, stage);
    register_module("downsample", embedding_.module);
  }
  auto blocks = register_module("blocks", torch::nn::ModuleList());
  for (const double rate : drop_path_rates) {
    blocks_.emplace_back(block_shape(config, stage, static_cast<int64_t>(blocks_.size())), rate,
                         stage_place("backbone", stage));
    blocks->push_back(blocks_.back());
  }
  if (config.has_norm(stage)) norm_ = register_module("norm", make_layer_norm(embed_dim, config.norm_eps));
}

torch::Tensor StageImpl::forward(torch::Tensor x, const torch::Tensor& token_mass) {
  if (embedding_.module) x = zero_masked(embedding_.forward(x, {}), token_mass);
  for (auto& block : blocks_) x = block(std::move(x), token_mass);
  return norm_ ? zero_masked(norm_(x), token_mass) : x;
}

std::vector<std::string> StageImpl::no_weight_decay() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    for (const auto& name : blocks_[i]->no_weight_decay()) names.push_back(block_name(i) + "." + name);
  }
  return names;
}

std::vector<std::vector<std::string>> StageImpl::layer_groups() const {
  std::vector<std::vector<std::string>> groups(blocks_.size());
  if (embedding_.module) append_names(*embedding_.module, "downsample", groups.front());
  for (size_t i = 0; i < blocks_.size(); ++i) append_names(*blocks_[i], block_name(i), groups[i]);
  if (norm_) append_names(*norm_, "norm", groups.back());
  return groups;
}

}  // namespace multipole
