#include "engine/study/attention_error.h"

#include <torch/utils.h>

#include <memory>
#include <string>

#include "backbone/attention/mechanisms/registry.h"

namespace multipole {
namespace {

// The attention of a stage's first block and what it is given.
struct FirstAttention {
  AttentionPlace place;
  const Attention* attention = nullptr;
  torch::Tensor input;  // (B, H, W, C)
};

std::vector<FirstAttention> first_attentions(VisionModel& model, const torch::Tensor& images) {
  std::vector<FirstAttention> found;
  const auto& backbone = model->backbone();
  backbone->visit_attention([&](const AttentionPlace& place, const Attention& attention) {
    if (place.block == 0) found.push_back({place, &attention, {}});
  });
  backbone->observe_attention([&](const AttentionPlace& place, const torch::Tensor& input) {
    if (place.block == 0) found.at(static_cast<size_t>(place.stage)).input = input.clone();
  });
  backbone->forward_intermediates(images);
  backbone->observe_attention({});
  return found;
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
  std::vector<double> errors;
  for (const auto& [place, trained, x] : first_attentions(full, images)) {
    const auto exact = make_attention({{"type", "full"}}, place.shape, "reference");
    const auto approximate = make_attention(attentions.at(static_cast<size_t>(place.stage)), place.shape, "attention");
    if (!fill(*exact, *trained) || !fill(*approximate, *trained)) return {};
    exact->eval();
    approximate->eval();
    const auto expected = exact->forward(x);
    errors.push_back(((approximate->forward(x) - expected).norm() / expected.norm()).item<double>());
  }
  return errors;
}

}  // namespace multipole
