#include "engine/optimizers/registry.h"

#include "engine/optimizers/adamw.h"
#include "engine/optimizers/lion.h"
#include "engine/optimizers/muon.h"
#include "engine/optimizers/sgd.h"

namespace multipole {
namespace {

template <class Type, class Config>
constexpr OptimizerEntry optimizer_of() {
  return factory_of<Optimizer, Type, Config, std::vector<ParameterGroup>>();
}

}  // namespace

// A new optimiser is one line here.
Registry<OptimizerEntry>& optimizer_registry() {
  static Registry<OptimizerEntry> registry("optimizer", {
                                                            {"adamw", optimizer_of<AdamW, AdamWConfig>()},
                                                            {"sgd", optimizer_of<Sgd, SgdConfig>()},
                                                            {"lion", optimizer_of<Lion, LionConfig>()},
                                                            {"muon", optimizer_of<Muon, MuonConfig>()},
                                                        });
  return registry;
}

std::vector<std::string> optimizer_types() { return optimizer_registry().names(); }

Json resolve_optimizer_config(const Json& config, const std::string& where) {
  return optimizer_registry().of_type(config, where).resolve(config, where);
}

std::unique_ptr<Optimizer> make_optimizer(const Json& config, const std::vector<ParameterGroup>& groups,
                                          const std::string& where) {
  return optimizer_registry().of_type(config, where).make(config, groups, where);
}

}  // namespace multipole
