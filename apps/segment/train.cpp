#include <torch/types.h>

#include <memory>
#include <optional>

#include "apps/segment/segment.h"
#include "apps/segment/train_settings.h"
#include "apps/training/open_settings.h"
#include "apps/training/starting_point.h"
#include "apps/training/train_command.h"
#include "tasks/segmentation/segment_data.h"
#include "tasks/segmentation/segment_recipe.h"
#include "tasks/segmentation/training/segment_training.h"

namespace multipole {
namespace {

constexpr int64_t kPicturesLookedAt = 64;
constexpr double kAspect = 4.0 / 3;              // of a picture whose shorter side is known
constexpr double kEpochsWanted = 20;             // that the recipe's minutes should hold
constexpr double kSecondsOfTraining = 60 * 0.8;  // of a minute, evaluation left out

class SegmentCommand : public TrainedTask {
 public:
  RecipeBook recipes() const override { return segment_recipe_book(); }
  const char* data_help() const override { return segmentation_data_help(); }
  void add_options(CLI::App& command) override {
    command.add_option("--color-map", color_map_, "file that says what the colours or values of masks mean");
    command.add_option("--ignore-index", ignore_index_, "stored value of pixels that do not count; -1 for none")
        ->check(CLI::Range(int64_t{-1}, int64_t{65535}));
  }
  void put_options(Json& settings) const override {
    if (color_map_) merge_json(settings, {{"data", {{"color_map", *color_map_}}}});
    if (ignore_index_) merge_json(settings, {{"data", {{"ignore_index", *ignore_index_}}}});
  }

  std::vector<std::string> fit(Json& settings, const TrainContext& context) const override {
    return fit_to_machine(settings, *this, context);
  }

  std::vector<std::string> apply_recipe(Json& settings, const TrainContext& context, double minutes) const override {
    const auto config = config_of(settings);
    const auto pictures = open_segment_split(config, context.data, config.data.train_split, mask_options(config.data));
    const auto held_out = open_segment_split(config, context.data, config.data.val_split, pictures->masks());
    const auto census = take_census(*pictures, {}, {}, kPicturesLookedAt);
    const auto train_samples = static_cast<double>(census.pictures);
    if (context.init) put_below(settings, settings_of(*context.init));
    auto lines = fit_to_machine(settings, *this, context, kSecondsOfTraining * minutes / kEpochsWanted / train_samples);

    const auto& crop = config_of(settings).augmentation.crop_size;
    const double picture = kAspect * static_cast<double>(census.median_side) * static_cast<double>(census.median_side);
    const double work =
        static_cast<double>(held_out->size()) / train_samples * picture / static_cast<double>(crop.at(0) * crop.at(1));
    const Recipe recipe =
        choose_segment_recipe(census, recipe_options(*this, settings, context, minutes, work), config.data.census);
    put_below(settings, recipe.settings);
    lines.insert(lines.end(), recipe.reasons.begin(), recipe.reasons.end());
    return lines;
  }

  TrainResult train(const Json& settings, const std::filesystem::path& data, const std::filesystem::path& out,
                    TrainObserver& observer, const ResumeOptions& resume,
                    const std::atomic<bool>* stop) const override {
    return train_segmenter(config_of(settings), data, out, observer, resume, stop);
  }
  LrRange test_learning_rates(const Json& settings, const std::filesystem::path& data, const LrRangeOptions& options,
                              TrainObserver& observer, const ResumeOptions& start,
                              const std::atomic<bool>* stop) const override {
    return test_segmenter_learning_rates(config_of(settings), data, options, observer, start, stop);
  }
  StepTiming time_steps(const Json& settings, const std::filesystem::path& data,
                        const StepTimingOptions& options) const override {
    return time_segmenter_steps(config_of(settings), data, options);
  }
  std::string score_words(const std::string&) const override { return "mIoU"; }

 private:
  static SegmentConfig config_of(const Json& settings) { return config_from_json<SegmentConfig>(settings, ""); }

  std::optional<std::string> color_map_;
  std::optional<int64_t> ignore_index_;
};

}  // namespace

void add_segment_train(CLI::App& parent, Run& run) {
  add_train_command(parent, run, std::make_shared<SegmentCommand>(), "train a model on pictures with masks",
                    "multipole segment train --data streets --out runs/streets --epochs 60");
}

}  // namespace multipole
