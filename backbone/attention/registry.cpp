#include "backbone/attention/attention.h"
#include "backbone/attention/conv_basis.h"
#include "backbone/attention/full.h"
#include "backbone/attention/global_filter.h"
#include "backbone/attention/linear_attention.h"
#include "backbone/attention/mano.h"
#include "backbone/attention/mra.h"
#include "backbone/attention/multipole1d.h"
#include "backbone/attention/multipole2d.h"
#include "backbone/attention/neighborhood.h"
#include "backbone/attention/pvt.h"
#include "backbone/attention/quadtree.h"
#include "backbone/attention/window.h"
#include "backbone/config/fields.h"

namespace multipole {
namespace {

template <class Mechanism>
std::shared_ptr<Attention> make(const Json& config, const AttentionShape& shape, const std::string& where) {
  return std::make_shared<Mechanism>(config_from_json<typename Mechanism::Config>(config, where), shape);
}

template <class Mechanism>
Json resolve(const Json& config, const std::string& where) {
  return to_json_config(config_from_json<typename Mechanism::Config>(config, where));
}

template <class Mechanism>
double count_parameters_of(const Json& config, const AttentionShape& shape, const std::string& where) {
  return Mechanism::count_parameters(config_from_json<typename Mechanism::Config>(config, where), shape);
}

struct Entry {
  const char* type;
  std::shared_ptr<Attention> (*make)(const Json&, const AttentionShape&, const std::string&);
  Json (*resolve)(const Json&, const std::string&);
  double (*count_parameters)(const Json&, const AttentionShape&, const std::string&);
};

template <class Mechanism>
constexpr Entry entry(const char* type) {
  return {type, make<Mechanism>, resolve<Mechanism>, count_parameters_of<Mechanism>};
}

// A new mechanism is one line here.
constexpr Entry kMechanisms[] = {
    entry<Multipole2dAttention>("multipole2d"),
    entry<FullAttention>("full"),
    entry<WindowAttention>("window"),
    entry<NeighborhoodAttention>("neighborhood"),
    entry<ManoAttention>("mano"),
    entry<QuadtreeAttention>("quadtree"),
    entry<MraAttention>("mra"),
    entry<GlobalFilter>("global_filter"),
    entry<LinearAttention>("linear"),
    entry<PvtAttention>("pvt"),
    entry<Multipole1dAttention>("multipole1d"),
    entry<ConvBasisAttention>("conv_basis"),
};

// The entry that config["type"] names.
const Entry& find_entry(const Json& config, const std::string& where) {
  if (!config.is_object() || !config.contains("type") || !config["type"].is_string()) {
    throw ConfigError(where + ": expected an object with a \"type\", got " + config.dump());
  }
  const auto type = config["type"].get<std::string>();
  for (const auto& mechanism : kMechanisms) {
    if (type == mechanism.type) return mechanism;
  }
  throw ConfigError(where + ".type: unknown attention '" + type + "'" + suggest_name(type, attention_types()));
}

void require_heads(const AttentionShape& shape, const std::string& where) {
  require(shape.num_heads >= 1 && shape.embed_dim >= 1 && shape.embed_dim % shape.num_heads == 0, where,
          "needs an embed_dim divisible by num_heads = " + std::to_string(shape.num_heads), shape.embed_dim);
}

}  // namespace

std::vector<std::string> attention_types() {
  std::vector<std::string> types;
  for (const auto& mechanism : kMechanisms) types.emplace_back(mechanism.type);
  return types;
}

std::shared_ptr<Attention> make_attention(const Json& config, const AttentionShape& shape, const std::string& where) {
  const Entry& mechanism = find_entry(config, where);
  require_heads(shape, where);
  return mechanism.make(config, shape, where);
}

Json resolve_attention_config(const Json& config, const std::string& where) {
  return find_entry(config, where).resolve(config, where);
}

double count_attention_parameters(const Json& config, const AttentionShape& shape, const std::string& where) {
  const Entry& mechanism = find_entry(config, where);
  require_heads(shape, where);
  return mechanism.count_parameters(config, shape, where);
}

}  // namespace multipole
