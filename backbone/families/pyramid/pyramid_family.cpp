#include "backbone/families/pyramid/pyramid_family.h"

#include <memory>

#include "backbone/families/pyramid/pyramid.h"
#include "backbone/families/pyramid/resolve_pyramid.h"

namespace multipole {
namespace {

PyramidConfig config_of(const Json& config, const std::string& where) {
  return config_from_json<PyramidConfig>(config, where);
}

}  // namespace

BackboneFamily pyramid_family() {
  return {.resolve =
              [](const Json& config, const std::string& where) {
                return to_json_config(resolve_pyramid_config(config_of(config, where), where));
              },
          .parts = [](const Json& config,
                      const std::string& where) { return pyramid_parts(config_of(config, where), where); },
          .feature_info = [](const Json& config,
                             const std::string& where) { return feature_info(config_of(config, where)); },
          .attentions =
              [](const Json& config, const std::string& where) {
                const PyramidConfig pyramid = config_of(config, where);
                std::vector<Json> attentions;
                for (int64_t stage = 0; stage < kNumStages; ++stage) attentions.push_back(pyramid.attention_of(stage));
                return attentions;
              },
          .make = [](const Json& config, const std::string& where) -> std::shared_ptr<Backbone> {
            return std::make_shared<PyramidImpl>(config_of(config, where));
          }};
}

}  // namespace multipole
