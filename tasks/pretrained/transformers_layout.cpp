#include "tasks/pretrained/transformers_layout.h"

#include <map>

#include "backbone/layers/activation.h"

namespace multipole {
namespace {

std::string activation_of(const Json& config, const std::string& source) {
  static const std::map<std::string, std::string> other_names = {
      {"gelu_pytorch_tanh", "gelu_tanh"}, {"gelu_new", "gelu_tanh"}, {"swish", "silu"}};
  std::string name = config.value("hidden_act", std::string("gelu"));
  if (other_names.contains(name)) name = other_names.at(name);
  try {
    activation_from_name(name, source + ": hidden_act");
  } catch (const ConfigError& error) {
    throw ModelFileError(error.what());
  }
  return name;
}

}  // namespace

int64_t whole_number(const Json& config, const std::string& key, const std::string& source) {
  Json value = config.value(key, Json());
  if (value.is_array() && value.size() == 2 && value[0] == value[1]) value = Json(value[0]);
  if (value.is_number_integer() && value.get<int64_t>() > 0) return value.get<int64_t>();
  throw ModelFileError(source + ": config.json: " + key + ": expected a whole number above 0, got " + value.dump());
}

VitConfig vision_config(const Json& config, const std::string& source) {
  VitConfig out;
  out.embed_dim = whole_number(config, "hidden_size", source);
  out.depth = whole_number(config, "num_hidden_layers", source);
  out.num_heads = whole_number(config, "num_attention_heads", source);
  out.image_size = whole_number(config, "image_size", source);
  out.patch_size = whole_number(config, "patch_size", source);
  if (config.contains("num_channels")) out.in_channels = whole_number(config, "num_channels", source);
  out.hidden_dim = config.contains("intermediate_size")
                       ? whole_number(config, "intermediate_size", source)
                       : static_cast<int64_t>(static_cast<double>(out.embed_dim) * config.value("mlp_ratio", 4.0));
  out.norm_eps = config.value("layer_norm_eps", 1e-12);
  out.activation = activation_of(config, source);
  out.partial_patches = "drop";
  out.position_resize = "bicubic";
  return out;
}

void fill_block(WeightTranslation& weights, int64_t block, const std::string& published, const BlockNames& names) {
  const std::string own = "backbone.blocks." + std::to_string(block);
  weights.copy_layer(own + ".norm1", published + names.norm1);
  weights.join_layers(own + ".attention.qkv",
                      {published + names.query, published + names.key, published + names.value});
  weights.copy_layer(own + ".attention.proj", published + names.proj);
  weights.copy_layer(own + ".norm2", published + names.norm2);
  weights.copy_layer(own + ".mlp.fc1", published + names.fc1);
  weights.copy_layer(own + ".mlp.fc2", published + names.fc2);
  if (names.layer_scale1.empty()) return;
  weights.copy(own + ".layer_scale1.gamma", published + names.layer_scale1);
  weights.copy(own + ".layer_scale2.gamma", published + names.layer_scale2);
}

void fill_learned_positions(WeightTranslation& weights, const VitConfig& config, torch::Tensor prefix, int64_t placed,
                            const std::string& positions) {
  const int64_t grid = config.position_grid(), width = config.embed_dim;
  const auto table = weights.take(positions, {placed + grid * grid, width});
  if (placed > 0) {
    auto tokens = prefix.clone();
    tokens.narrow(0, 0, placed) += table.narrow(0, 0, placed);
    prefix = tokens;
  }
  if (prefix.defined()) weights.set("backbone.prefix", prefix);
  weights.set("backbone.positions.weight", table.narrow(0, placed, grid * grid).view({grid, grid, width}));
}

int64_t classes_of(const PublishedModel& model, const std::string& classifier) {
  const auto found = model.weights.find(classifier + ".weight");
  return found == model.weights.end() || found->second.dim() == 0 ? 0 : found->second.size(0);
}

std::string name_prefix(const PublishedModel& model, const std::string& prefix) {
  const auto first = model.weights.lower_bound(prefix);
  return first != model.weights.end() && first->first.starts_with(prefix) ? prefix : "";
}

}  // namespace multipole
