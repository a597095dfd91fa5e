#include "backbone/families/pyramid/pyramid.h"

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/blocks/checkpoint.h"
#include "backbone/families/pyramid/resolve_pyramid.h"
#include "backbone/layers/token_mass.h"

namespace multipole {
namespace {

std::string stage_name(size_t index) { return "stages." + std::to_string(index); }

// The stage that "stages.2.blocks.0.mlp" belongs to; the stem's layers count as the first stage's.
int64_t stage_of(const std::string& name) {
  constexpr std::string_view kStages = "stages.";
  return name.starts_with(kStages) ? name[kStages.size()] - '0' : 0;
}

// Pixels along each side of what a layer gives out.
int64_t output_stride(const PyramidConfig& config, const std::string& name) {
  const bool is_first = name.starts_with("stem.conv1");
  return is_first && config.stem_stride > 2 ? config.stem_stride / 2 : config.stride(stage_of(name));
}

int64_t tokens_along(int64_t pixels, int64_t stride) { return (pixels + stride - 1) / stride; }

}  // namespace

std::vector<FeatureInfo> feature_info(const PyramidConfig& config) {
  std::vector<FeatureInfo> info;
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    info.push_back({.num_channels = config.embed_dims[stage], .stride = config.stride(stage)});
  }
  return info;
}

PyramidImpl::PyramidImpl(const PyramidConfig& config) : config_(config) {
  config.validate("backbone");
  require_model_size(pyramid_parts(config, "backbone"), "backbone");
  embedding_ = make_stage_embedding(config, 0);
  register_module("stem", embedding_.module);
  auto stages = register_module("stages", torch::nn::ModuleList());
  const int64_t total_depth = std::accumulate(config.depths.begin(), config.depths.end(), int64_t{0});
  int64_t block = 0;
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    std::vector<double> rates;
    for (int64_t i = 0; i < config.depths[stage]; ++i, ++block) {
      rates.push_back(config.drop_path_rate * block / std::max<int64_t>(1, total_depth - 1));
    }
    stages_.emplace_back(config, stage, rates);
    stages->push_back(stages_.back());
  }
}

std::vector<torch::Tensor> PyramidImpl::forward_intermediates(const Images& images) {
  const auto& pixels = images.pixels;
  TORCH_CHECK(pixels.dim() == 4 && pixels.size(1) == config_.in_channels && pixels.size(2) > 0 && pixels.size(3) > 0,
              "images: expected (B, ", config_.in_channels, ", H, W) with H and W from 1 up, got ", pixels.sizes());
  const auto validity = pixel_masses(images);
  if (validity.defined()) require_masses_for_validity();
  std::vector<torch::Tensor> maps;
  auto tokens = embedding_.forward(valid_pixels(images, validity), validity);
  for (auto& stage : stages_) {
    const int64_t stride = config_.stride(static_cast<int64_t>(maps.size()));
    const auto mass = validity.defined() ? coarsen_mass(validity, stride) : torch::Tensor();
    if (gradient_checkpointing_ && is_training()) {
      tokens = checkpoint([stage, mass](const torch::Tensor& x) mutable { return stage(x, mass); }, tokens);
    } else {
      tokens = stage(std::move(tokens), mass);
    }
    maps.push_back(tokens.permute({0, 3, 1, 2}));
    tokens = maps.back().permute({0, 2, 3, 1});  // on from the map, so that it has a gradient whatever the head uses
  }
  return maps;
}

bool PyramidImpl::takes_validity() const {
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    if (!takes_masses(config_.attention_of(stage), stage_place("backbone", stage))) return false;
  }
  return true;
}

void PyramidImpl::require_masses_for_validity() const {
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    require_masses(config_.attention_of(stage), stage_place("backbone", stage));
  }
}

std::vector<std::string> PyramidImpl::no_weight_decay() const {
  std::vector<std::string> names;
  for (const auto& parameter : named_parameters()) {
    if (parameter.value().dim() <= 1) names.push_back(parameter.key());
  }
  for (size_t i = 0; i < stages_.size(); ++i) {
    for (const auto& name : stages_[i]->no_weight_decay()) names.push_back(stage_name(i) + "." + name);
  }
  return names;
}

std::vector<std::vector<std::string>> PyramidImpl::layer_groups() const {
  std::vector<std::vector<std::string>> groups(1);
  for (const auto& parameter : named_parameters()) {
    if (parameter.key().starts_with("stem.")) groups[0].push_back(parameter.key());
  }
  for (size_t i = 0; i < stages_.size(); ++i) {
    for (auto& group : stages_[i]->layer_groups()) {
      for (auto& name : group) name = stage_name(i) + "." + name;
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

AttentionPlace PyramidImpl::place_of(int64_t stage, int64_t block) const {
  return {.name = stage_name(static_cast<size_t>(stage)) + ".blocks." + std::to_string(block) + ".attention",
          .stage = stage,
          .block = block,
          .stride = config_.stride(stage),
          .shape = attention_shape(config_, stage, block)};
}

BackboneCost PyramidImpl::cost(int64_t height, int64_t width) const {
  BackboneCost cost;
  visit_attention([&](const AttentionPlace& place, Attention& attention) {
    cost.attention += attention.cost(tokens_along(height, place.stride), tokens_along(width, place.stride));
  });
  cost.flops = cost.attention.flops;
  for (const auto& parameter : named_parameters()) {
    const std::string& name = parameter.key();
    // a matrix or a convolution's kernel: each of its weights acts once on every token that it gives out
    if (name.find(".attention.") != name.npos || parameter->dim() < 2) continue;
    const int64_t stride = output_stride(config_, name);
    cost.flops += 2 * static_cast<double>(tokens_along(height, stride)) *
                  static_cast<double>(tokens_along(width, stride)) * static_cast<double>(parameter->numel());
  }
  return cost;
}

void PyramidImpl::visit_attention(const std::function<void(const AttentionPlace&, Attention&)>& visit) const {
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    const auto& blocks = stages_[stage]->blocks();
    for (size_t block = 0; block < blocks.size(); ++block) {
      visit(place_of(static_cast<int64_t>(stage), static_cast<int64_t>(block)), blocks[block]->attention());
    }
  }
}

void PyramidImpl::observe_attention(const std::function<void(const AttentionPlace&, const torch::Tensor&)>& observer) {
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    auto blocks = stages_[stage]->blocks();  // holders: the blocks themselves are shared
    for (size_t block = 0; block < blocks.size(); ++block) {
      if (!observer) {
        blocks[block]->observe_attention({});
        continue;
      }
      const auto place = place_of(static_cast<int64_t>(stage), static_cast<int64_t>(block));
      blocks[block]->observe_attention([observer, place](const torch::Tensor& x) { observer(place, x); });
    }
  }
}

void PyramidImpl::observe_attention_calls(
    const std::function<void(const AttentionPlace&, const AttentionCall&)>& observer) {
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    auto blocks = stages_[stage]->blocks();
    for (size_t block = 0; block < blocks.size(); ++block) {
      if (!observer) {
        blocks[block]->observe_calls({});
        continue;
      }
      const auto place = place_of(static_cast<int64_t>(stage), static_cast<int64_t>(block));
      blocks[block]->observe_calls([observer, place](const AttentionCall& call) { observer(place, call); });
    }
  }
}

}  // namespace multipole
