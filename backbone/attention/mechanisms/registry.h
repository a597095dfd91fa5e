// Attention mechanisms by name: a pair of files each and one line in the list of registry.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backbone/attention/attention.h"
#include "base/factory.h"
#include "base/registry.h"

namespace multipole {

struct AttentionMechanism : Factory<Attention, AttentionShape> {
  bool takes_sequences = false;  // prefix tokens and rotary positions
  bool takes_masses = false;     // SequenceGrid::token_mass
  double (*count_parameters)(const Json& config, const AttentionShape& shape, const std::string& where);
};

// A mechanism as the registry holds it: mechanism_of<FullAttention>().
template <class Mechanism>
constexpr AttentionMechanism mechanism_of() {
  using Config = typename Mechanism::Config;
  return {factory_of<Attention, Mechanism, Config, AttentionShape>(), requires {Mechanism::kTakesSequences;
}
, requires { Mechanism::kTakesMasses; }
, [](const Json& config, const AttentionShape& shape, const std::string& where) {
  return Mechanism::count_parameters(typed_config<Config>(config, where), shape);
}
};  // namespace multipole
}

Registry<AttentionMechanism>& attention_registry();

// Makes the mechanism that config["type"] names; the other keys are the fields of its config struct.
// Throws ConfigError that starts with `where` for an unknown type or key and for values that do not fit `shape`.
std::shared_ptr<Attention> make_attention(const Json& config, const AttentionShape& shape, const std::string& where);

// `config` with every default of its mechanism written out. Throws ConfigError as make_attention() does for an unknown
// type or key and for values that no shape fits.
Json resolve_attention_config(const Json& config, const std::string& where);

// Parameters of what make_attention() would make, without making it.
double count_attention_parameters(const Json& config, const AttentionShape& shape, const std::string& where);

// Throws ConfigError that begins with `where` unless the mechanism that `config` names takes prefix tokens and rotary
// positions.
void require_sequences(const Json& config, const std::string& where);

// Whether the mechanism that `config` names takes token masses; and the ConfigError where it has to.
bool takes_masses(const Json& config, const std::string& where);
void require_masses(const Json& config, const std::string& where);

// The registered types, in the order of the registry.
std::vector<std::string> attention_types();

}  // namespace multipole
