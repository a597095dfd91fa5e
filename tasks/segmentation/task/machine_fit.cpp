#include "tasks/segmentation/task/machine_fit.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "engine/training/step_timing.h"
#include "heads/model/model.h"
#include "tasks/interface/open_settings.h"
#include "tasks/recipes/census.h"
#include "tasks/segmentation/segment_data.h"
#include "tasks/segmentation/segment_sizing.h"

namespace multipole {
namespace {

constexpr int64_t kPicturesSized = 16;
constexpr int64_t kTrialCrop = 128, kTrialBatch = 2;
constexpr int64_t kCoarseTokens = 4;
constexpr int64_t kMostForFineTokens = 64;  // crops up to here afford tokens of two pixels
// Where nothing is timed.
constexpr int64_t kModestCrop = 256, kModestBatch = 4;

SegmentConfig segment_config(const Json& settings) { return config_from_json<SegmentConfig>(settings, ""); }

// The backbone's own values, an empty object where there are none; what is no object is the config's to refuse.
Json backbone_of(const Json& settings) {
  if (!has_key(settings, "model", "backbone") || !settings["model"]["backbone"].is_object()) return Json::object();
  return settings["model"]["backbone"];
}

bool is_given(const TrainContext& context, const char* key) { return backbone_of(context.given).contains(key); }

// What a model that knows pictures of another size brings along is replaced, unless the user said it.
void set_backbone(Json& settings, const TrainContext& context, const char* key, const Json& value) {
  const bool is_wrong = has_key(settings, "model", "backbone") && !settings["model"]["backbone"].is_object();
  if (is_given(context, key) || is_wrong) return;
  merge_json(settings, {{"model", {{"backbone", {{key, value}}}}}});
}

bool may_choose_tokens(const TrainContext& context) {
  if (is_given(context, "stem_stride") || has_key(context.given, "model", "preset")) return false;
  return !context.init || context.init->task != "segmentation";
}

int64_t side_of(const std::vector<int64_t>& crop) {
  return std::llround(std::sqrt(static_cast<double>(crop.at(0)) * static_cast<double>(crop.at(1))));
}

// What was chosen for the run that goes on.
void keep_earlier(Json& settings, const TrainContext& context) {
  const Json& earlier = *context.earlier;
  if (has_key(earlier, "augmentation", "crop_size")) {
    set_default(settings, {"augmentation", "crop_size"}, earlier["augmentation"]["crop_size"]);
  }
  if (has_key(earlier, "train", "batch_size")) {
    set_default(settings, {"train", "batch_size"}, earlier["train"]["batch_size"]);
  }
  const Json backbone = backbone_of(earlier);
  if (may_choose_tokens(context) && backbone.contains("stem_stride")) {
    set_backbone(settings, context, "stem_stride", backbone["stem_stride"]);
  }
}

// The decoder of the run that goes on or of a segmenter that training starts from, whose weights fit no other one.
void keep_decoder(Json& settings, const TrainContext& context) {
  Json head;
  if (context.earlier && has_key(*context.earlier, "model", "head")) {
    head = (*context.earlier)["model"]["head"];
  } else if (context.init && context.init->task == "segmentation") {
    head = context.init->architecture.head;
  }
  if (!head.is_object()) return;
  if (has_key(settings, "model", "head")) {
    const Json& chosen = settings["model"]["head"];
    if (!chosen.is_object() || chosen.value("type", head["type"]) != head["type"]) return;
  }
  put_below(settings, {{"model", {{"head", head}}}});
}

// Seconds of a step at any crop and batch: a few steps at a small one, and the model's operations counted for both.
class StepCost {
 public:
  StepCost(const Json& settings, const Task& task, const std::filesystem::path& data, int64_t most_crop) {
    crop_ = std::min(kTrialCrop, most_crop);
    Json trial = settings;
    trial["augmentation"]["crop_size"] = Json::array({crop_, crop_});
    trial["train"]["batch_size"] = kTrialBatch;
    timing_ = time_training_steps(task.open_trial(trial, data)->run(), {.seconds = 1, .most_steps = 3});
    auto config = resolve_segment_config(segment_config(trial));
    config.model.num_classes = 2;
    model_ = VisionModel(config.model);
  }

  double seconds(int64_t crop, int64_t batch) const {
    const Backbone& backbone = model_->backbone();
    const double work = backbone.cost(crop, crop).flops / backbone.cost(crop_, crop_).flops;
    return timing_.seconds_per_step * work * static_cast<double>(batch) / kTrialBatch;
  }
  const std::string& where() const { return timing_.where; }
  int64_t crop() const { return crop_; }

 private:
  int64_t crop_ = 0;
  StepTiming timing_;
  VisionModel model_{nullptr};
};

std::string sizing_text(const SegmentSizing& sizing) {
  const std::string side = std::to_string(sizing.crop);
  return "crops of " + side + " x " + side + ", batches of " + std::to_string(sizing.batch);
}

std::string measured_text(const SegmentSizing& sizing, const StepCost& cost, int64_t samples) {
  const int64_t steps = std::max<int64_t>(1, samples / sizing.batch);
  return sizing_text(sizing) + ": about " + fixed(sizing.seconds, sizing.seconds < 1 ? 2 : 1) + " s a step on " +
         cost.where() + ", " + clock_time(sizing.seconds * static_cast<double>(steps)) + " an epoch of " +
         std::to_string(steps) + " steps (timed at " + std::to_string(cost.crop()) + " x " +
         std::to_string(cost.crop()) + ", counted from there)";
}

SegmentSizing modest_sizing(const SegmentSizingNeeds& needs) {
  return choose_segment_sizing(needs, [](int64_t crop, int64_t batch) {
    return crop <= kModestCrop && batch <= kModestBatch ? 0 : std::numeric_limits<double>::infinity();
  });
}

// Looks at pictures only where their size decides anything.
SegmentSizingNeeds needs_of(const Json& settings, const TrainContext& context) {
  const SegmentConfig config = segment_config(settings);
  SegmentSizingNeeds needs;
  if (has_key(settings, "augmentation", "crop_size")) needs.crop = side_of(config.augmentation.crop_size);
  if (has_key(settings, "train", "batch_size")) needs.batch = config.train.batch_size;
  if (needs.crop && needs.batch) return needs;
  const auto pictures = open_segment_split(config, context.data, config.data.train_split, mask_options(config.data));
  const TrainingCensus census = take_census(*pictures, {}, {}, kPicturesSized);
  needs.pictures = census.pictures;
  needs.median_side = census.median_side;
  needs.crops_of_each = [pictures](int64_t side) { return crops_of_each(*pictures, {side, side}); };
  return needs;
}

void choose_tokens(Json& settings, const TrainContext& context, int64_t most_crop, std::vector<std::string>& lines) {
  if (most_crop <= kMostForFineTokens || !may_choose_tokens(context)) return;
  const Json backbone = backbone_of(settings);
  if (backbone.contains("family")) return;  // only the pyramid's tokens have a size to choose
  if (backbone.contains("stem_stride") && backbone["stem_stride"] == kCoarseTokens) return;
  set_backbone(settings, context, "stem_stride", kCoarseTokens);
  lines.push_back("tokens of " + std::to_string(kCoarseTokens) + " pixels: crops are larger than " +
                  std::to_string(kMostForFineTokens) + " pixels");
}

void choose_sizing(Json& settings, const Task& task, const TrainContext& context, const SegmentSizingNeeds& needs,
                   std::vector<std::string>& lines) {
  SegmentSizing sizing;
  if (context.may_measure) {
    const StepCost cost(settings, task, context.data, largest_crop(needs));
    sizing = choose_segment_sizing(needs, [&](int64_t crop, int64_t batch) { return cost.seconds(crop, batch); });
    lines.push_back(measured_text(sizing, cost, needs.pictures * needs.crops_of_each(sizing.crop)));
  } else {
    sizing = modest_sizing(needs);
    lines.push_back(sizing_text(sizing) + ": several processes train together, and each would time another speed");
  }
  set_default(settings, {"augmentation", "crop_size"}, Json::array({sizing.crop, sizing.crop}));
  set_default(settings, {"train", "batch_size"}, sizing.batch);
}

}  // namespace

std::vector<std::string> fit_to_machine(Json& settings, const Task& task, const TrainContext& context,
                                        double most_picture_seconds) {
  std::vector<std::string> lines;
  keep_decoder(settings, context);
  if (context.earlier) {
    keep_earlier(settings, context);
  } else {
    SegmentSizingNeeds needs = needs_of(settings, context);
    needs.most_picture_seconds = most_picture_seconds;
    choose_tokens(settings, context, largest_crop(needs), lines);
    if (!needs.crop || !needs.batch) choose_sizing(settings, task, context, needs, lines);
  }
  if (context.init) {
    const auto& crop = segment_config(settings).augmentation.crop_size;
    set_backbone(settings, context, "image_size", *std::max_element(crop.begin(), crop.end()));
  }
  return lines;
}

}  // namespace multipole
