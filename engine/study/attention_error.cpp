#include "engine/study/attention_error.h"

#include <torch/nn/modules/normalization.h>
#include <torch/utils.h>

#include <memory>
#include <optional>
#include <string>

#include "backbone/attention/attention.h"
#include "backbone/layers/position_conv.h"
#include "backbone/layers/stem.h"
#include "backbone/layers/token_conv.h"
#include "backbone/resolve_pyramid.h"

namespace multipole {
namespace {

template <class Layer>
std::shared_ptr<Layer> layer_of(const torch::nn::Module& model, const std::string& name) {
  for (const auto& module : model.named_modules()) {
    if (module.key() == name) return std::dynamic_pointer_cast<Layer>(module.value());
  }
  return nullptr;
}

// What the first block of a stage gives to its attention. `map`: what the stage is given, (B, H, W, C).
torch::Tensor attention_input(const torch::nn::Module& model, int64_t stage, torch::Tensor map) {
  const std::string prefix = "backbone.stages." + std::to_string(stage) + ".";
  if (const auto downsample = layer_of<TokenConvImpl>(model, prefix + "downsample")) map = downsample->forward(map);
  if (const auto position = layer_of<PositionConvImpl>(model, prefix + "blocks.0.position_conv")) {
    map = position->forward(map);
  }
  return layer_of<torch::nn::LayerNormImpl>(model, prefix + "blocks.0.norm1")->forward(map);
}

// Fills a mechanism's projections from `weights` and the rest as attention_error.h says. False where there are other
// layers.
bool fill(Attention& attention, const torch::nn::Module& weights) {
  torch::NoGradGuard no_grad;
  const auto source = weights.named_parameters();
  for (auto& parameter : attention.named_parameters()) {
    const std::string& name = parameter.key();
    if (name.starts_with("qkv.")) {
      parameter->copy_(source[name]);
    } else if (name == "proj.weight") {
      torch::eye_out(parameter.value(), parameter->size(0));
    } else if (name.find("bias") != name.npos) {
      parameter->zero_();
    } else if (name.find("basis") == name.npos && name != "level_weight") {
      return false;
    }
  }
  return true;
}

}  // namespace

std::vector<double> attention_error(VisionModel& full, const std::vector<Json>& attentions,
                                    const torch::Tensor& images) {
  torch::NoGradGuard no_grad;
  full->eval();
  const auto config = config_from_json<PyramidConfig>(full->config().backbone, "model.backbone");
  const auto maps = full->backbone()->forward_intermediates(images);
  std::vector<double> errors;
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    const auto stem = layer_of<StemImpl>(*full, "backbone.stem");
    const auto map = stage == 0 ? stem->forward(images) : maps[stage - 1].permute({0, 2, 3, 1});
    const auto x = attention_input(*full, stage, map.contiguous());
    const auto trained = layer_of<Attention>(*full, "backbone.stages." + std::to_string(stage) + ".blocks.0.attention");
    const AttentionShape shape = attention_shape(config, stage);
    const auto exact = make_attention({{"type", "full"}}, shape, "reference");
    const auto approximate = make_attention(attentions.at(static_cast<size_t>(stage)), shape, "attention");
    if (!fill(*exact, *trained) || !fill(*approximate, *trained)) return {};
    exact->eval();
    approximate->eval();
    const auto expected = exact->forward(x);
    errors.push_back(((approximate->forward(x) - expected).norm() / expected.norm()).item<double>());
  }
  return errors;
}

}  // namespace multipole
