#include <torch/types.h>

#include <memory>
#include <optional>

#include "apps/classify/classify.h"
#include "apps/classify/train_settings.h"
#include "apps/training/open_settings.h"
#include "apps/training/starting_point.h"
#include "apps/training/train_command.h"
#include "tasks/classification/classify_data.h"
#include "tasks/classification/training/classify_training.h"

namespace multipole {
namespace {

class ClassifyCommand : public TrainedTask {
 public:
  RecipeBook recipes() const override { return classify_recipe_book(); }
  const char* data_help() const override { return data_option_help(); }
  void add_options(CLI::App& command) override {
    command.add_option("--data-root", data_root_, data_root_option_help());
  }
  void put_options(Json& settings) const override {
    if (data_root_) merge_json(settings, {{"data", {{"root", *data_root_}}}});
  }

  std::vector<std::string> fit(Json& settings, const TrainContext& context) const override {
    const std::string line = fit_to_data(settings, context.data);
    return line.empty() ? std::vector<std::string>() : std::vector{line};
  }

  std::vector<std::string> apply_recipe(Json& settings, const TrainContext& context, double minutes) const override {
    const ClassifyData opened = open_classify_data(config_of(settings), context.data);
    const auto census = take_census(*opened.train_pictures, train_class_occurrences(opened), opened.class_names);
    const double work = static_cast<double>(opened.validation_samples) / static_cast<double>(opened.train_samples);
    RecipeOptions options = recipe_options(*this, settings, context, minutes, work);
    options.multi_label = opened.label_sets.defined();
    const Recipe recipe = choose_recipe(census, options);
    put_below(settings, recipe.settings);
    return recipe.reasons;
  }

  TrainResult train(const Json& settings, const std::filesystem::path& data, const std::filesystem::path& out,
                    TrainObserver& observer, const ResumeOptions& resume,
                    const std::atomic<bool>* stop) const override {
    return train_classifier(config_of(settings), data, out, observer, resume, stop);
  }
  LrRange test_learning_rates(const Json& settings, const std::filesystem::path& data, const LrRangeOptions& options,
                              TrainObserver& observer, const ResumeOptions& start,
                              const std::atomic<bool>* stop) const override {
    return test_classifier_learning_rates(config_of(settings), data, options, observer, start, stop);
  }
  StepTiming time_steps(const Json& settings, const std::filesystem::path& data,
                        const StepTimingOptions& options) const override {
    return time_classifier_steps(config_of(settings), data, options);
  }
  std::string score_words(const std::string& score_name) const override {
    return score_name == "top1" ? "top-1" : score_name == "map" ? "mAP" : "balanced accuracy";
  }

 private:
  static ClassifyConfig config_of(const Json& settings) { return config_from_json<ClassifyConfig>(settings, ""); }

  std::optional<std::string> data_root_;
};

}  // namespace

void add_classify_train(CLI::App& parent, Run& run) {
  add_train_command(parent, run, std::make_shared<ClassifyCommand>(), "train a classifier on folders of pictures",
                    "multipole classify train --data photos --out runs/first --epochs 20");
}

}  // namespace multipole
