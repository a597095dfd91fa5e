#include "backbone/families/vit/vit_family.h"

#include <memory>

#include "backbone/families/vit/resolve_vit.h"
#include "backbone/families/vit/vit.h"
#include "backbone/families/vit/vit_attention.h"

namespace multipole {
namespace {

VitConfig vit_config(const Json& config, const std::string& where) {
  return config_from_json<VitConfig>(config, where);
}

}  // namespace

BackboneFamily vit_family() {
  return {
      .resolve =
          [](const Json& config, const std::string& where) {
            return to_json_config(resolve_vit_config(vit_config(config, where), where));
          },
      .parts = [](const Json& config, const std::string& where) { return vit_parts(vit_config(config, where), where); },
      .feature_info = [](const Json& config,
                         const std::string& where) { return vit_feature_info(vit_config(config, where)); },
      .attentions =
          [](const Json& config, const std::string& where) {
            const Json attention = vit_config(config, where).attention;
            return attention.is_array() ? attention.get<std::vector<Json>>() : std::vector<Json>{attention};
          },
      .make = [](const Json& config, const std::string& where) -> std::shared_ptr<Backbone> {
        return std::make_shared<Vit>(vit_config(config, where), where);
      },
      .embedding_dim = [](const Json& config,
                          const std::string& where) { return vit_config(config, where).embedding_dim(); },
      .swap_attention =
          [](const Json& config, const Json& choice, const std::string& where) {
            const VitConfig resolved = resolve_vit_config(vit_config(config, where), where);
            return to_json_config(swap_vit_attention(resolved, choice, where));
          }};
}

}  // namespace multipole
