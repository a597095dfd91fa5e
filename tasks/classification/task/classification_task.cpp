#include "tasks/classification/task/classification_task.h"

#include "datasets/sources/labelled_pictures.h"
#include "embedded/classify_recipes.h"
#include "engine/files/classifier_file.h"
#include "tasks/classification/classify_data.h"
#include "tasks/classification/probe/probe_settings.h"
#include "tasks/classification/task/input_size.h"
#include "tasks/classification/training/classify_training.h"
#include "tasks/interface/fit_bands.h"
#include "tasks/interface/open_settings.h"
#include "tasks/recipes/recipe_options.h"

namespace multipole {
namespace {

ClassifyConfig config_of(const Json& settings) { return config_from_json<ClassifyConfig>(settings, ""); }

class ClassificationTask : public Task {
 public:
  std::string train_summary() const override { return "train a classifier on folders of pictures"; }
  std::string data_help() const override { return kLabelledPicturesForms; }
  RecipeBook recipes() const override {
    return {embedded::classify_recipes_names(),
            [](const std::string& name) { return embedded::classify_recipes(name); }};
  }

  ModelConfig model(const Json& settings) const override { return resolve_classify_config(config_of(settings)).model; }

  std::unique_ptr<OpenedTraining> open(const Json& settings, const std::filesystem::path& data) const override {
    return open_classifier_training(config_of(settings), data);
  }

  // Steps on small pictures would promise more than whole ones keep.
  std::unique_ptr<OpenedTraining> open_trial(const Json& settings, const std::filesystem::path& data) const override {
    ClassifyConfig config = config_of(settings);
    config.resolution = {};
    return open_classifier_training(config, data);
  }

  std::vector<std::string> fit(Json& settings, const TrainContext& context) const override {
    auto lines = fit_bands(settings, context, take_classify_bands);
    const std::string line = fit_to_data(settings, context.data);
    if (!line.empty()) lines.push_back(line);
    return lines;
  }

  std::vector<std::string> apply_recipe(Json& settings, const TrainContext& context, double minutes) const override {
    const auto found = fit_bands(settings, context, take_classify_bands);
    const ClassifyData opened = open_classify_data(config_of(settings), context.data);
    const auto census = take_census(*opened.train_pictures, train_class_occurrences(opened), opened.class_names);
    const double work = static_cast<double>(opened.validation_samples) / static_cast<double>(opened.train_samples);
    RecipeOptions options = recipe_options(*this, settings, context, minutes, work);
    options.multi_label = opened.label_sets.defined();
    options.may_probe = context.may_train_otherwise && context.init && !options.multi_label && !options.batch_size &&
                        setting_of_training(settings).empty();
    Recipe recipe = choose_recipe(census, options);
    put_below(settings, recipe.settings);
    if (recipe.probe) put_below(settings, {{"probe", Json::object()}});
    recipe.reasons.insert(recipe.reasons.begin(), found.begin(), found.end());
    return recipe.reasons;
  }

  std::string score_words(const std::string& score_name) const override {
    return score_name == "top1" ? "top-1" : score_name == "map" ? "mAP" : "balanced accuracy";
  }
  std::string study_score() const override { return "Top-1"; }

  std::vector<TaskScores> scores() const override {
    return {{kClassification,
             "top1",
             "Top-1",
             {{"top-1", "metrics", "top1", true},
              {"balanced", "metrics", "balanced_accuracy", true},
              {"macro F1", "metrics", "macro_f1", false},
              {"loss", "metrics", "loss", false},
              {"ECE", "calibration", "ece", true}}},
            {kMultiLabelClassification,
             "map",
             "mAP",
             {{"mAP", "metrics", "map", true},
              {"macro F1", "metrics", "macro_f1", false},
              {"micro F1", "metrics", "micro_f1", false},
              {"loss", "metrics", "loss", false}}}};
  }
};

}  // namespace

std::shared_ptr<const Task> classification_task() { return std::make_shared<ClassificationTask>(); }

}  // namespace multipole
