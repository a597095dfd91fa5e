// What a model can be trained for. A task is a folder of tasks/ and one line in the list of tasks/registry.cpp; from
// there the command, studies and comparisons take it.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "engine/training/opened_training.h"
#include "heads/model/model_config.h"
#include "tasks/interface/recipe_book.h"
#include "tasks/interface/task_scores.h"
#include "tasks/interface/train_context.h"

namespace multipole {

// All methods are safe from several threads. `settings` are the task's config as JSON, whatever they leave open being
// the config's default; what is no such config is ConfigError.
class Task {
 public:
  virtual ~Task() = default;

  // "train a classifier on folders of pictures", and what --data may name: for help.
  virtual std::string train_summary() const = 0;
  virtual std::string data_help() const = 0;

  virtual RecipeBook recipes() const {
    return {{}, [](const std::string&) { return std::string_view(); }};
  }

  // Whether its models take pictures: what studies and recipes can speak of.
  virtual bool is_of_pictures() const { return true; }

  // The model of a training with every default written out, num_classes being 0 where the data tell it. Throws
  // ConfigError where its models take no pictures.
  virtual ModelConfig model(const Json& settings) const = 0;

  // Opens the data. Throws what opening them throws.
  virtual std::unique_ptr<OpenedTraining> open(const Json& settings, const std::filesystem::path& data) const = 0;

  // The same for steps that are thrown away: what only the loss or the report needs may be left out.
  virtual std::unique_ptr<OpenedTraining> open_trial(const Json& settings, const std::filesystem::path& data) const {
    return open(settings, data);
  }

  // Sets what `settings` leave open and the data or the machine answer. Returns one line a choice.
  virtual std::vector<std::string> fit(Json& /*settings*/, const TrainContext& /*context*/) const { return {}; }

  // The same by a recipe for so many minutes: all that is left open. Throws ConfigError for a task without one.
  virtual std::vector<std::string> apply_recipe(Json& /*settings*/, const TrainContext& /*context*/,
                                                double /*minutes*/) const {
    throw ConfigError("--recipe auto: this task has no recipe; give its settings");
  }

  // "top-1" for OpenedTraining::score_name(), and the same at the head of a study's column: "Top-1".
  virtual std::string score_words(const std::string& score_name) const = 0;
  virtual std::string study_score() const = 0;

  // One for each task that its reports name, the first for "classification" where there are several kinds.
  virtual std::vector<TaskScores> scores() const = 0;
};

}  // namespace multipole
