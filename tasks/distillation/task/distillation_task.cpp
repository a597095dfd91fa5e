#include "tasks/distillation/task/distillation_task.h"

#include "datasets/sources/unlabelled_pictures.h"
#include "tasks/distillation/distillation_training.h"

namespace multipole {
namespace {

DistillationConfig config_of(const Json& settings) { return config_from_json<DistillationConfig>(settings, ""); }

class DistillationTask : public Task {
 public:
  std::string train_summary() const override {
    return "teach a backbone the features of another model, on pictures without labels";
  }
  std::string data_help() const override { return kUnlabelledPicturesForms; }

  ModelConfig model(const Json& settings) const override {
    return resolve_distillation_config(config_of(settings)).model;
  }

  std::unique_ptr<OpenedTraining> open(const Json& settings, const std::filesystem::path& data) const override {
    return open_distillation_training(config_of(settings), data);
  }

  std::string score_words(const std::string&) const override { return "explained variance"; }
  std::string study_score() const override { return "Explained variance"; }

  std::vector<TaskScores> scores() const override {
    return {{"embedding",
             "explained_variance",
             "Explained variance",
             {{"explained variance", "metrics", "explained_variance", true}, {"cosine", "metrics", "cosine", false}}}};
  }
};

}  // namespace

std::shared_ptr<const Task> distillation_task() { return std::make_shared<DistillationTask>(); }

}  // namespace multipole
