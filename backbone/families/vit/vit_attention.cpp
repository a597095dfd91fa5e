#include "backbone/families/vit/vit_attention.h"

#include <algorithm>
#include <vector>

#include "backbone/attention/mechanisms/registry.h"

namespace multipole {
namespace {

constexpr const char* kMultipole = "multipole2d";
constexpr const char* kAuto = "auto";

// Tokens up to which scaled_dot_product_attention is about as fast as the swap on a CPU: pictures of 518 pixels and
// patches of 14.
constexpr int64_t kFullUpTo = 37 * 37;

Json resolve_one(const VitConfig& config, const Json& attention, const std::string& where) {
  Json resolved = resolve_attention_config(attention, where);
  if (config.prefix_tokens() > 0 || config.positions == "rotary") require_sequences(resolved, where);
  return resolved;
}

// {"type": ..., fields...} of a choice for one block.
Json as_object(const Json& choice, const std::string& where) {
  if (choice.is_string()) return {{"type", choice}};
  if (choice.is_object() && choice.contains("type") && choice["type"].is_string()) return choice;
  throw ConfigError(where + ": expected the name of an attention or an object with a \"type\", got " + choice.dump());
}

// What the fields are that `fields`, a choice of this type, leaves open.
Json swap_defaults(const std::string& type, const Json& fields) {
  if (type != kMultipole && type != kAuto) return {{"type", type}};
  Json defaults = {{"type", kMultipole}, {"variant", "log-linear"}, {"cell", 8},    {"rank", 16},
                   {"hot", 256},         {"summaries", "cluster"},  {"bias", false}};
  // a smaller cell than 4 x 4 holds fewer than 16 clusters
  if (const Json cell = fields.value("cell", Json()); cell == 1 || cell == 2 || cell == 3) {
    defaults["rank"] = cell.get<int64_t>() * cell.get<int64_t>();
  }
  if (type == kAuto) defaults["full_up_to"] = kFullUpTo;
  return defaults;
}

// The chosen attention, with what the weights of the one that it replaces need.
Json swapped(const VitConfig& config, const Json& old, const Json& choice, const std::string& where) {
  Json fields = as_object(choice, where);
  const auto type = fields["type"].get<std::string>();
  fields.erase("type");
  Json attention = swap_defaults(type, fields);
  const Json all = resolve_attention_config(attention, where);
  for (const char* field : {"qkv_bias", "qk_norm", "causal", "proj_drop"}) {
    if (!old.contains(field)) continue;
    if (all.contains(field)) {
      attention[field] = old[field];
    } else if (old[field] == true) {
      throw ConfigError(where + ": '" + type + "' cannot take over the weights of '" + old["type"].get<std::string>() +
                        "': it has no " + field + "; what can: multipole2d, full, auto");
    }
  }
  merge_json(attention, fields);
  return resolve_one(config, attention, where);
}

// Each block's choice, null where it stays as it is.
std::vector<Json> choices_by_block(const VitConfig& config, const Json& choice, const std::string& where) {
  const auto depth = static_cast<size_t>(config.depth);
  if (choice.is_array()) {
    require(choice.size() == depth, where, "must have an entry for each of " + std::to_string(depth) + " blocks",
            choice);
    return {choice.begin(), choice.end()};
  }
  Json one = as_object(choice, where);
  if (!one.contains("blocks")) return std::vector<Json>(depth, one);
  std::vector<int64_t> blocks;
  read_config(one["blocks"], where + ".blocks", blocks);
  one.erase("blocks");
  std::vector<Json> choices(depth);
  for (const int64_t block : blocks) {
    require(block >= 0 && block < config.depth, where + ".blocks",
            "must be blocks from 0 to " + std::to_string(config.depth - 1), blocks);
    choices[static_cast<size_t>(block)] = one;
  }
  return choices;
}

}  // namespace

const Json& vit_block_attention(const VitConfig& config, int64_t block) {
  return config.attention.is_array() ? config.attention[static_cast<size_t>(block)] : config.attention;
}

Json resolve_vit_attention(const VitConfig& config, const std::string& where) {
  if (!config.attention.is_array()) return resolve_one(config, config.attention, where);
  Json resolved = Json::array();
  for (const auto& attention : config.attention) {
    resolved.push_back(resolve_one(config, attention, where + "[" + std::to_string(resolved.size()) + "]"));
  }
  return resolved;
}

VitConfig swap_vit_attention(const VitConfig& config, const Json& choice, const std::string& where) {
  const auto choices = choices_by_block(config, choice, where);
  std::vector<Json> blocks;
  for (size_t i = 0; i < choices.size(); ++i) {
    const Json& old = vit_block_attention(config, static_cast<int64_t>(i));
    const std::string place = choice.is_array() ? where + "[" + std::to_string(i) + "]" : where;
    blocks.push_back(choices[i].is_null() ? old : swapped(config, old, choices[i], place));
  }
  VitConfig out = config;
  const bool are_alike = std::ranges::all_of(blocks, [&](const Json& block) { return block == blocks.front(); });
  out.attention = are_alike ? blocks.front() : Json(blocks);
  return out;
}

}  // namespace multipole
