#include "tasks/sequence/task/language_task.h"

#include "tasks/sequence/sequence_training.h"

namespace multipole {
namespace {

class LanguageTask : public Task {
 public:
  std::string train_summary() const override { return "train a language model on the bytes of any file"; }
  std::string data_help() const override { return "file to learn; its end is kept to evaluate on"; }

  bool is_of_pictures() const override { return false; }
  ModelConfig model(const Json&) const override { throw ConfigError("a language model is no model of pictures"); }

  std::unique_ptr<OpenedTraining> open(const Json& settings, const std::filesystem::path& data) const override {
    const auto config =
        config_from_json<SequenceTrainConfig>(settings, "");  // a wrong key is said before the file is read
    return open_sequence_training(config, ByteText::read(data));
  }

  std::string score_words(const std::string&) const override { return "minus bits a byte"; }
  std::string study_score() const override { return "Minus bits a byte"; }

  std::vector<TaskScores> scores() const override {
    return {{"sequence", "bits_per_byte", "Bits a byte", {{"bits a byte", "metrics", "bits_per_byte", false}}}};
  }
};

}  // namespace

std::shared_ptr<const Task> language_task() { return std::make_shared<LanguageTask>(); }

}  // namespace multipole
