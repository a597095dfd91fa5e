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

struct Entry {
  const char* type;
  std::shared_ptr<Attention> (*make)(const Json&, const AttentionShape&, const std::string&);
};

// A new mechanism is one line here.
constexpr Entry kMechanisms[] = {
    {"multipole2d", make<Multipole2dAttention>},
    {"full", make<FullAttention>},
    {"window", make<WindowAttention>},
    {"neighborhood", make<NeighborhoodAttention>},
    {"mano", make<ManoAttention>},
    {"quadtree", make<QuadtreeAttention>},
    {"mra", make<MraAttention>},
    {"global_filter", make<GlobalFilter>},
    {"linear", make<LinearAttention>},
    {"pvt", make<PvtAttention>},
    {"multipole1d", make<Multipole1dAttention>},
    {"conv_basis", make<ConvBasisAttention>},
};

}  // namespace

std::vector<std::string> attention_types() {
  std::vector<std::string> types;
  for (const auto& entry : kMechanisms) types.emplace_back(entry.type);
  return types;
}

std::shared_ptr<Attention> make_attention(const Json& config, const AttentionShape& shape, const std::string& where) {
  if (!config.is_object() || !config.contains("type") || !config["type"].is_string()) {
    throw ConfigError(where + ": expected an object with a \"type\", got " + config.dump());
  }
  require(shape.num_heads >= 1 && shape.embed_dim >= 1 && shape.embed_dim % shape.num_heads == 0, where,
          "needs an embed_dim divisible by num_heads = " + std::to_string(shape.num_heads), shape.embed_dim);
  const auto type = config["type"].get<std::string>();
  for (const auto& entry : kMechanisms) {
    if (type == entry.type) return entry.make(config, shape, where);
  }
  throw ConfigError(where + ".type: unknown attention '" + type + "'" + suggest_name(type, attention_types()));
}

}  // namespace multipole
