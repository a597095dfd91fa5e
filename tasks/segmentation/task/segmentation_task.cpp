#include "tasks/segmentation/task/segmentation_task.h"

#include "datasets/segmentation/segmentation_dataset.h"
#include "embedded/segment_recipes.h"
#include "tasks/interface/fit_bands.h"
#include "tasks/interface/open_settings.h"
#include "tasks/recipes/recipe_options.h"
#include "tasks/segmentation/probe/segment_probe_settings.h"
#include "tasks/segmentation/segment_data.h"
#include "tasks/segmentation/segment_recipe.h"
#include "tasks/segmentation/task/fresh_segmenter.h"
#include "tasks/segmentation/task/machine_fit.h"
#include "tasks/segmentation/training/segment_training.h"

namespace multipole {
namespace {

constexpr int64_t kPicturesLookedAt = 64;
constexpr double kAspect = 4.0 / 3;              // of a picture whose shorter side is known
constexpr double kEpochsWanted = 20;             // that the recipe's minutes should hold
constexpr double kSecondsOfTraining = 60 * 0.8;  // of a minute, evaluation left out

SegmentConfig config_of(const Json& settings) { return config_from_json<SegmentConfig>(settings, ""); }

class SegmentationTask : public Task {
 public:
  std::string train_summary() const override { return "train a model on pictures with masks"; }
  std::string data_help() const override { return segmentation_data_forms(); }
  RecipeBook recipes() const override {
    return {embedded::segment_recipes_names(), [](const std::string& name) { return embedded::segment_recipes(name); }};
  }

  ModelConfig model(const Json& settings) const override { return resolve_segment_config(config_of(settings)).model; }

  std::unique_ptr<OpenedTraining> open(const Json& settings, const std::filesystem::path& data) const override {
    return open_segmenter_training(config_of(settings), data);
  }

  // Without a look at every mask.
  std::unique_ptr<OpenedTraining> open_trial(const Json& settings, const std::filesystem::path& data) const override {
    SegmentConfig unweighted = config_of(settings);
    unweighted.data.census = false;
    unweighted.loss.class_weights = "none";
    return open_segmenter_training(unweighted, data);
  }

  std::vector<std::string> fit(Json& settings, const TrainContext& context) const override {
    auto lines = fit_bands(settings, context, take_segment_bands);
    if (context.trains_otherwise || settings.contains("probe")) return lines;
    for (auto& line : fit_to_machine(settings, *this, context)) lines.push_back(std::move(line));
    for (auto& line : fit_fresh_segmenter(settings, context)) lines.push_back(std::move(line));
    return lines;
  }

  std::vector<std::string> apply_recipe(Json& settings, const TrainContext& context, double minutes) const override {
    const auto found = fit_bands(settings, context, take_segment_bands);
    const Json given = settings;  // and the bands: all that a probe has a use for
    const auto config = config_of(settings);
    const auto pictures = open_segment_split(config, context.data, config.data.train_split, mask_options(config.data));
    const auto held_out = open_segment_split(config, context.data, config.data.val_split, pictures->masks());
    auto census = take_census(*pictures, {}, {}, kPicturesLookedAt);
    if (context.init) put_below(settings, settings_of(*context.init));
    auto lines = fit_to_machine(settings, *this, context,
                                kSecondsOfTraining * minutes / kEpochsWanted / static_cast<double>(census.pictures));

    const auto& crop = config_of(settings).augmentation.crop_size;
    census.pictures *= crops_of_each(*pictures, crop);  // what an epoch draws
    const auto train_samples = static_cast<double>(census.pictures);
    const double picture = kAspect * static_cast<double>(census.median_side) * static_cast<double>(census.median_side);
    const double work =
        static_cast<double>(held_out->size()) / train_samples * picture / static_cast<double>(crop.at(0) * crop.at(1));
    RecipeOptions options = recipe_options(*this, settings, context, minutes, work);
    // the decoder of a segmenter is worth more than a linear head
    options.may_probe = context.may_train_otherwise && context.init && context.init->task != "segmentation" &&
                        !has_key(given, "train", "batch_size") && segment_setting_of_training(given).empty();
    const Recipe recipe = choose_segment_recipe(census, options, config.data.census);
    if (recipe.probe) {
      settings = given;
      put_below(settings, {{"probe", Json::object()}});
      lines.clear();
    }
    put_below(settings, recipe.settings);
    lines.insert(lines.end(), recipe.reasons.begin(), recipe.reasons.end());
    lines.insert(lines.begin(), found.begin(), found.end());
    return lines;
  }

  std::string score_words(const std::string&) const override { return "mIoU"; }
  std::string study_score() const override { return "mIoU"; }

  std::vector<TaskScores> scores() const override {
    return {{"segmentation",
             "miou",
             "mIoU",
             {{"mIoU", "metrics", "miou", true},
              {"pixels", "metrics", "pixel_accuracy", true},
              {"balanced", "metrics", "mean_accuracy", true},
              {"Dice", "metrics", "mean_dice", true}}}};
  }
};

}  // namespace

std::shared_ptr<const Task> segmentation_task() { return std::make_shared<SegmentationTask>(); }

}  // namespace multipole
