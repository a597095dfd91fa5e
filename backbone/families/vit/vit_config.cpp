#include "backbone/families/vit/vit_config.h"

#include <algorithm>

#include "base/sizes.h"

namespace multipole {
namespace {

void require_choice(const std::string& value, const std::vector<std::string>& choices, const std::string& where) {
  if (std::ranges::find(choices, value) != choices.end()) return;
  std::string rule = "must be one of";
  for (const auto& choice : choices) rule += " " + choice;
  throw ConfigError(where + ": " + rule + ", got '" + value + "'");
}

void validate_blocks(const VitConfig& config, const std::string& where) {
  const auto count = static_cast<int64_t>(config.map_blocks.size());
  require(!config.pyramid || count == 0 || count == kVitMaps, where, "must be empty or have 4 entries with pyramid",
          config.map_blocks);
  for (const int64_t block : config.map_blocks) {
    require(block >= 0 && block < config.depth, where, "must be blocks from 0 to depth - 1", config.map_blocks);
  }
  require(std::ranges::is_sorted(config.map_blocks), where, "must be in the order of the blocks", config.map_blocks);
}

void validate_pooling(const VitConfig& config, const std::string& where) {
  require_choice(config.pooling,
                 {"class_token", "mean", "attention", "class_token_and_mean", "class_and_register_token"},
                 where + ".pooling");
  require(config.class_token || !config.pooling.starts_with("class"), where + ".pooling", "needs the class_token",
          config.pooling);
  require(config.register_tokens > 0 || config.pooling != "class_and_register_token", where + ".pooling",
          "needs register_tokens", config.pooling);
  require(!config.pool_norm || config.pooled_dim() == config.embed_dim, where + ".pool_norm",
          "must be false where two tokens are pooled", config.pool_norm);
}

}  // namespace

void VitConfig::validate(const std::string& where) const {
  require_size(in_channels, where + ".in_channels");
  require_size(image_size, where + ".image_size");
  require_size(patch_size, where + ".patch_size");
  require(patch_size <= image_size, where + ".patch_size", "must be at most image_size = " + std::to_string(image_size),
          patch_size);
  require_choice(partial_patches, {"pad", "drop"}, where + ".partial_patches");
  require_size(embed_dim, where + ".embed_dim");
  require_size(depth, where + ".depth");
  require_size(num_heads, where + ".num_heads");
  require(embed_dim % num_heads == 0, where + ".num_heads", "must divide embed_dim = " + std::to_string(embed_dim),
          num_heads);
  require(hidden_dim >= 0 && hidden_dim <= kLargestSize, where + ".hidden_dim", "must be from 0 to 65536", hidden_dim);
  require_choice(activation, {"gelu", "gelu_tanh", "quick_gelu", "silu", "relu"}, where + ".activation");
  require(register_tokens >= 0 && register_tokens <= kLargestSize, where + ".register_tokens",
          "must be from 0 to 65536", register_tokens);
  require_choice(positions, {"learned", "rotary", "none"}, where + ".positions");
  require(positions != "rotary" || embed_dim / num_heads % 4 == 0, where + ".positions",
          "rotary ones need heads of a multiple of 4 channels", embed_dim / num_heads);
  require_choice(position_resize, {"bicubic", "antialiased"}, where + ".position_resize");
  require(rotary_period > 0, where + ".rotary_period", "must be positive", rotary_period);
  require(norm_eps > 0, where + ".norm_eps", "must be positive", norm_eps);
  validate_pooling(*this, where);
  require(projection_dim >= 0 && projection_dim <= kLargestSize, where + ".projection_dim", "must be from 0 to 65536",
          projection_dim);
  require(layer_scale_init >= 0, where + ".layer_scale_init", "must not be negative", layer_scale_init);
  require(drop_path_rate >= 0 && drop_path_rate < 1, where + ".drop_path_rate", "must be in [0, 1)", drop_path_rate);
  validate_blocks(*this, where + ".map_blocks");
  require(attention.is_object() || (attention.is_array() && static_cast<int64_t>(attention.size()) == depth),
          where + ".attention", "must be an object with a \"type\", or an array of one for each of the blocks",
          attention);
}

int64_t VitConfig::pooled_dim() const {
  return pooling == "class_token_and_mean" || pooling == "class_and_register_token" ? 2 * embed_dim : embed_dim;
}

}  // namespace multipole
