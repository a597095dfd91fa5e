#include "apps/classify/starting_point.h"

#include "engine/files/model_file.h"
#include "engine/recipes/recipe.h"
#include "engine/training/classify_data.h"

namespace multipole {
namespace {

void put_below(Json& settings, Json defaults) {
  merge_json(defaults, settings);
  settings = std::move(defaults);
}

}  // namespace

void start_from_model(Json& settings, const std::filesystem::path& init) {
  if (is_model_file(init)) put_below(settings, settings_of(read_model_metadata(init)));
}

std::vector<std::string> apply_auto_recipe(Json& settings, const std::filesystem::path& data,
                                           const std::filesystem::path& init, double minutes) {
  const ClassifyData opened = open_classify_data(config_from_json<ClassifyConfig>(settings, ""), data);
  const TrainingCensus census =
      take_census(*opened.train_pictures, train_class_occurrences(opened), opened.class_names);
  RecipeOptions options;
  options.minutes = minutes;
  options.multi_label = opened.label_sets.defined();
  if (!init.empty() && is_model_file(init)) options.init = read_model_metadata(init);
  Recipe recipe = choose_recipe(census, options);
  put_below(settings, recipe.settings);
  return recipe.reasons;
}

}  // namespace multipole
