#include "backbone/attention/mechanisms/registry.h"

#include "backbone/attention/mechanisms/conv_basis.h"
#include "backbone/attention/mechanisms/convolution.h"
#include "backbone/attention/mechanisms/full.h"
#include "backbone/attention/mechanisms/global_filter.h"
#include "backbone/attention/mechanisms/linear_attention.h"
#include "backbone/attention/mechanisms/mano.h"
#include "backbone/attention/mechanisms/mra.h"
#include "backbone/attention/mechanisms/multipole1d.h"
#include "backbone/attention/mechanisms/multipole2d.h"
#include "backbone/attention/mechanisms/neighborhood.h"
#include "backbone/attention/mechanisms/pvt.h"
#include "backbone/attention/mechanisms/quadtree.h"
#include "backbone/attention/mechanisms/window.h"
#include "base/fields.h"

namespace multipole {
namespace {

void require_heads(const AttentionShape& shape, const std::string& where) {
  require(shape.num_heads >= 1 && shape.embed_dim >= 1 && shape.embed_dim % shape.num_heads == 0, where,
          "needs an embed_dim divisible by num_heads = " + std::to_string(shape.num_heads), shape.embed_dim);
}

// Throws where the mechanism lacks what `ability` says, and names those that have it.
void require_ability(const Json& config, const std::string& where, bool AttentionMechanism::*ability,
                     const std::string& lack) {
  if (attention_registry().of_type(config, where).*ability) return;
  std::string able;
  for (const auto& [name, mechanism] : attention_registry().entries()) {
    if (mechanism.*ability) able += (able.empty() ? "" : ", ") + name;
  }
  throw ConfigError(where + ".type: '" + config["type"].get<std::string>() + "' " + lack + "; what does: " + able);
}

}  // namespace

// A new mechanism is one line here.
Registry<AttentionMechanism>& attention_registry() {
  static Registry<AttentionMechanism> registry("attention", {
                                                                {"multipole2d", mechanism_of<Multipole2dAttention>()},
                                                                {"full", mechanism_of<FullAttention>()},
                                                                {"window", mechanism_of<WindowAttention>()},
                                                                {"neighborhood", mechanism_of<NeighborhoodAttention>()},
                                                                {"mano", mechanism_of<ManoAttention>()},
                                                                {"quadtree", mechanism_of<QuadtreeAttention>()},
                                                                {"mra", mechanism_of<MraAttention>()},
                                                                {"global_filter", mechanism_of<GlobalFilter>()},
                                                                {"linear", mechanism_of<LinearAttention>()},
                                                                {"pvt", mechanism_of<PvtAttention>()},
                                                                {"multipole1d", mechanism_of<Multipole1dAttention>()},
                                                                {"conv_basis", mechanism_of<ConvBasisAttention>()},
                                                                {"convolution", mechanism_of<Convolution>()},
                                                            });
  return registry;
}

void require_sequences(const Json& config, const std::string& where) {
  require_ability(config, where, &AttentionMechanism::takes_sequences,
                  "takes no class or register tokens and no rotary positions");
}

bool takes_masses(const Json& config, const std::string& where) {
  return attention_registry().of_type(config, where).takes_masses;
}

void require_masses(const Json& config, const std::string& where) {
  require_ability(config, where, &AttentionMechanism::takes_masses,
                  "takes no token masses, so that it cannot leave out pixels without data");
}

std::vector<std::string> attention_types() { return attention_registry().names(); }

std::shared_ptr<Attention> make_attention(const Json& config, const AttentionShape& shape, const std::string& where) {
  const AttentionMechanism& mechanism = attention_registry().of_type(config, where);
  require_heads(shape, where);
  if (shape.prefix_tokens > 0) require_sequences(config, where);
  return mechanism.make(config, shape, where);
}

Json resolve_attention_config(const Json& config, const std::string& where) {
  return attention_registry().of_type(config, where).resolve(config, where);
}

double count_attention_parameters(const Json& config, const AttentionShape& shape, const std::string& where) {
  const AttentionMechanism& mechanism = attention_registry().of_type(config, where);
  require_heads(shape, where);
  return mechanism.count_parameters(config, shape, where);
}

}  // namespace multipole
