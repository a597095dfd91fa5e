#include "backbone/families/vit/vit.h"

#include <torch/nn/modules/container/modulelist.h>

#include <algorithm>
#include <utility>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/blocks/checkpoint.h"
#include "backbone/families/vit/resolve_vit.h"
#include "backbone/families/vit/rotary_positions.h"
#include "backbone/families/vit/vit_attention.h"
#include "backbone/layers/init.h"
#include "backbone/layers/layer_norm.h"
#include "backbone/layers/token_mass.h"

namespace multipole {
namespace {

std::string vit_block_name(size_t block) { return "blocks." + std::to_string(block); }

int64_t patches_along(int64_t pixels, int64_t patch_size) { return (pixels + patch_size - 1) / patch_size; }

}  // namespace

Vit::Vit(const VitConfig& config, const std::string& where) : config_(config) {
  config.validate(where);
  require_model_size(vit_parts(config, where), where);
  patch_ = register_module("patch", PatchEmbedding(config.in_channels, config.embed_dim, config.patch_size));
  if (config.prefix_tokens() > 0) {
    prefix_ = register_parameter("prefix", trunc_normal_(torch::empty({config.prefix_tokens(), config.embed_dim})));
  }
  if (config.positions == "learned") {
    const auto resize =
        config.position_resize == "bicubic" ? PositionResize::kBicubic : PositionResize::kBicubicAntialiased;
    positions_ = register_module("positions", PositionEmbedding(config.position_grid(), config.embed_dim, resize));
  }
  if (config.pre_norm) norm_pre_ = register_module("norm_pre", make_layer_norm(config.embed_dim, config.norm_eps));
  auto blocks = register_module("blocks", torch::nn::ModuleList());
  for (int64_t block = 0; block < config.depth; ++block) {
    const double rate = config.drop_path_rate * static_cast<double>(block) /
                        static_cast<double>(std::max<int64_t>(1, config.depth - 1));
    blocks_.emplace_back(vit_block_shape(config, block), rate, where + ".attention");
    blocks->push_back(blocks_.back());
  }
  if (config.final_norm) norm_ = register_module("norm", make_layer_norm(config.embed_dim, config.norm_eps));
  pool_ = register_module("pool", VitPooling(config));
  if (config.pyramid) {
    pyramid_ = register_module("pyramid", FeaturePyramid(config.embed_dim, config.patch_size, config.norm_eps));
  }
}

Vit::Tokens Vit::tokens_of(const Images& images, PartialPatches partial) {
  const auto& pixels = images.pixels;
  TORCH_CHECK(pixels.dim() == 4 && pixels.size(1) == config_.in_channels && pixels.size(2) > 0 && pixels.size(3) > 0,
              "images: expected (B, ", config_.in_channels, ", H, W) with H and W from 1 up, got ", pixels.sizes());
  const auto validity = pixel_masses(images);
  auto tokens = patch_(valid_pixels(images, validity), partial);
  Tokens out{.sequence = {}, .grid = {.height = tokens.size(1), .width = tokens.size(2), .rotary = {}}};
  if (validity.defined()) {
    for (int64_t block = 0; block < config_.depth; ++block) {
      require_masses(vit_block_attention(config_, block), "backbone.attention");
    }
    // without those of partial patches that were dropped
    const auto mass = coarsen_mass(validity, config_.patch_size);
    out.grid.token_mass = mass.slice(1, 0, out.grid.height).slice(2, 0, out.grid.width);
  }
  if (positions_) tokens = tokens + positions_(out.grid.height, out.grid.width);
  if (config_.positions == "rotary") {
    out.grid.rotary =
        rotary_table(out.grid.height, out.grid.width, config_.embed_dim / config_.num_heads, config_.rotary_period)
            .to(pixels.device());
  }
  out.sequence = tokens.flatten(1, 2);
  if (prefix_.defined()) {
    const auto prefix = prefix_.unsqueeze(0).expand({pixels.size(0), -1, -1}).to(out.sequence.scalar_type());
    out.sequence = torch::cat({prefix, out.sequence}, 1);
  }
  if (norm_pre_) out.sequence = norm_pre_(out.sequence);
  return out;
}

torch::Tensor Vit::run_block(size_t index, torch::Tensor sequence, const SequenceGrid& grid) {
  auto block = blocks_[index];
  if (!gradient_checkpointing_ || !is_training()) return block->forward_sequence(std::move(sequence), grid);
  return checkpoint([block, grid](const torch::Tensor& x) mutable { return block->forward_sequence(x, grid); },
                    sequence);
}

bool Vit::takes_validity() const {
  for (int64_t block = 0; block < config_.depth; ++block) {
    if (!takes_masses(vit_block_attention(config_, block), "backbone.attention")) return false;
  }
  return true;
}

std::vector<torch::Tensor> Vit::forward_intermediates(const Images& images) {
  auto tokens = tokens_of(images, PartialPatches::kPad);
  return maps_of(tokens, images);
}

std::vector<torch::Tensor> Vit::maps_of(Tokens& all, const Images& images) {
  auto& [sequence, grid] = all;
  const int64_t count = grid.height * grid.width;
  const auto add_map = [&, grid = grid](std::vector<torch::Tensor>& maps, const torch::Tensor& tokens) {
    const auto placed = normed(tokens.narrow(1, tokens.size(1) - count, count));
    const auto map = zero_masked(placed.unflatten(1, {grid.height, grid.width}), grid.token_mass);
    maps.push_back(map.permute({0, 3, 1, 2}));
  };
  std::vector<torch::Tensor> maps;
  size_t next = 0;
  for (size_t block = 0; block < blocks_.size(); ++block) {
    sequence = run_block(block, std::move(sequence), grid);
    while (next < config_.map_blocks.size() && config_.map_blocks[next] == static_cast<int64_t>(block)) {
      add_map(maps, sequence);
      ++next;
    }
  }
  if (maps.empty()) add_map(maps, sequence);
  if (!pyramid_) {
    for (auto& map : maps) map = map.contiguous(torch::MemoryFormat::ChannelsLast);
    return maps;
  }
  if (maps.size() == 1) maps.resize(kVitMaps, maps.front());
  return pyramid_(maps, images.pixels.size(2), images.pixels.size(3),
                  FeaturePyramidMasses{.tokens = grid.token_mass, .maps = map_masses(images)});
}

torch::Tensor Vit::embed(const Images& images) {
  auto [sequence, grid] =
      tokens_of(images, config_.partial_patches == "pad" ? PartialPatches::kPad : PartialPatches::kDrop);
  for (size_t block = 0; block < blocks_.size(); ++block) sequence = run_block(block, std::move(sequence), grid);
  return pool_(normed(sequence), grid.token_mass);
}

BackboneOutput Vit::forward_all(const Images& images) {
  const bool has_partial =
      images.pixels.size(2) % config_.patch_size != 0 || images.pixels.size(3) % config_.patch_size != 0;
  if (has_partial && config_.partial_patches == "drop") return Backbone::forward_all(images);
  auto tokens = tokens_of(images, PartialPatches::kPad);
  BackboneOutput output{.maps = maps_of(tokens, images), .embedding = {}};
  output.embedding = pool_(normed(tokens.sequence), tokens.grid.token_mass);
  return output;
}

std::vector<FeatureInfo> Vit::feature_info() const { return vit_feature_info(config_); }

std::vector<std::string> Vit::no_weight_decay() const {
  std::vector<std::string> names;
  for (const auto& parameter : named_parameters()) {
    const std::string& name = parameter.key();
    const bool is_place = name == "prefix" || name.starts_with("positions.");
    if (parameter->dim() <= 1 || is_place) names.push_back(name);
  }
  for (size_t block = 0; block < blocks_.size(); ++block) {
    for (const auto& name : blocks_[block]->no_weight_decay()) names.push_back(vit_block_name(block) + "." + name);
  }
  return names;
}

std::vector<std::vector<std::string>> Vit::layer_groups() const {
  std::vector<std::vector<std::string>> groups(blocks_.size() + 2);
  for (const auto& parameter : named_parameters()) {
    const std::string& name = parameter.key();
    if (name.starts_with("blocks.")) {
      groups[1 + std::stoul(name.substr(7))].push_back(name);
    } else {
      const bool first = name == "prefix" || name.starts_with("patch.") || name.starts_with("positions.") ||
                         name.starts_with("norm_pre.");
      groups[first ? 0 : groups.size() - 1].push_back(name);
    }
  }
  if (groups.back().empty()) groups.pop_back();
  return groups;
}

BackboneCost Vit::cost(int64_t height, int64_t width) const {
  const int64_t rows = patches_along(height, config_.patch_size), columns = patches_along(width, config_.patch_size);
  BackboneCost cost;
  for (const auto& block : blocks_) cost.attention += block->attention().cost(rows, columns);
  cost.flops = cost.attention.flops;
  const auto placed = static_cast<double>(rows * columns);
  for (const auto& parameter : named_parameters()) {
    const std::string& name = parameter.key();
    const bool in_mlp = name.starts_with("blocks.") && name.find(".mlp.") != name.npos;
    if (parameter->dim() < 2 || !(in_mlp || name.starts_with("patch."))) continue;
    const double tokens = placed + (in_mlp ? static_cast<double>(config_.prefix_tokens()) : 0);
    cost.flops += 2 * tokens * static_cast<double>(parameter->numel());
  }
  if (pyramid_) cost.flops += pyramid_->flops(placed);
  return cost;
}

AttentionPlace Vit::place_of(size_t block) const {
  const auto index = static_cast<int64_t>(block);
  return {.name = vit_block_name(block) + ".attention",
          .block = index,
          .stride = config_.patch_size,
          .shape = vit_block_shape(config_, index).attention_shape};
}

void Vit::visit_attention(const std::function<void(const AttentionPlace&, Attention&)>& visit) const {
  for (size_t block = 0; block < blocks_.size(); ++block) visit(place_of(block), blocks_[block]->attention());
}

void Vit::observe_attention(const std::function<void(const AttentionPlace&, const torch::Tensor&)>& observer) {
  for (size_t block = 0; block < blocks_.size(); ++block) {
    if (!observer) {
      blocks_[block]->observe_attention({});
      continue;
    }
    blocks_[block]->observe_attention(
        [observer, place = place_of(block)](const torch::Tensor& x) { observer(place, x); });
  }
}

void Vit::observe_attention_calls(const std::function<void(const AttentionPlace&, const AttentionCall&)>& observer) {
  for (size_t block = 0; block < blocks_.size(); ++block) {
    if (!observer) {
      blocks_[block]->observe_calls({});
      continue;
    }
    blocks_[block]->observe_calls(
        [observer, place = place_of(block)](const AttentionCall& call) { observer(place, call); });
  }
}

}  // namespace multipole
