#include "tasks/segmentation/task/fresh_segmenter.h"

#include <functional>

#include "tasks/segmentation/segment_config.h"

namespace multipole {
namespace {

struct Choice {
  Json::json_pointer place;
  Json value;
  std::string line;
  std::function<bool(const Json& settings)> suits;
};

bool is_multipole_pyramid(const Json& settings) {
  const Json backbone = resolve_segment_config(config_from_json<SegmentConfig>(settings, "")).model.backbone;
  const Json attention = backbone.value("attention", Json::object());
  return backbone.value("family", "pyramid") == "pyramid" && attention.is_object() &&
         attention.value("type", "") == "multipole2d";
}

// Whether `choice` was made now, and not by the user, an earlier part of the run or the model that training starts
// from.
bool choose(Json& settings, const TrainContext& context, const Choice& choice) {
  if (context.given.contains(choice.place)) return false;
  if (context.earlier) {
    if (context.earlier->contains(choice.place)) settings[choice.place] = (*context.earlier)[choice.place];
    return false;
  }
  if ((context.init && context.init->task == "segmentation") || !choice.suits(settings)) return false;
  settings[choice.place] = choice.value;
  return true;
}

}  // namespace

std::vector<std::string> fit_fresh_segmenter(Json& settings, const TrainContext& context) {
  const std::vector<Choice> choices = {
      {Json::json_pointer("/model/backbone/attention/reach"), "nominal",
       "tokens of larger pictures see as far as those of the crops (model.backbone.attention.reach)",
       is_multipole_pyramid},
      {Json::json_pointer("/model/head/resize"), "stride",
       "maps stay where their tokens are, whatever the picture's size (model.head.resize)",
       [](const Json&) { return true; }}};
  std::vector<std::string> lines;
  for (const auto& choice : choices) {
    if (choose(settings, context, choice)) lines.push_back(choice.line);
  }
  return lines;
}

}  // namespace multipole
