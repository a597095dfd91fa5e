#include "tasks/segmentation/task/bounded_reach.h"

#include "tasks/segmentation/segment_config.h"

namespace multipole {
namespace {

const Json::json_pointer kReach("/model/backbone/attention/reach");

bool is_multipole_pyramid(const Json& settings) {
  const Json backbone = resolve_segment_config(config_from_json<SegmentConfig>(settings, "")).model.backbone;
  const Json attention = backbone.value("attention", Json::object());
  return backbone.value("family", "pyramid") == "pyramid" && attention.is_object() &&
         attention.value("type", "") == "multipole2d";
}

}  // namespace

std::vector<std::string> bound_reach(Json& settings, const TrainContext& context) {
  if (context.given.contains(kReach)) return {};
  if (context.earlier) {
    if (context.earlier->contains(kReach)) settings[kReach] = (*context.earlier)[kReach];
    return {};
  }
  if ((context.init && context.init->task == "segmentation") || !is_multipole_pyramid(settings)) return {};
  settings[kReach] = "nominal";
  return {"tokens of larger pictures see as far as those of the crops (model.backbone.attention.reach)"};
}

}  // namespace multipole
