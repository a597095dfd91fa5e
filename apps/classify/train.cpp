#include <memory>
#include <optional>
#include <string>

#include "apps/classify/classify.h"
#include "apps/training/probe_result.h"
#include "apps/training/train_command.h"
#include "tasks/classification/probe/probe_training.h"
#include "tasks/classification/task/classification_task.h"

namespace multipole {
namespace {

class ClassifyOptions : public TaskOptions {
 public:
  void add_to(CLI::App& command) override {
    command.add_option("--data-root", data_root_, data_root_option_help());
    CLI::Option* teacher =
        command.add_option("--teacher", teacher_,
                           "model file of a classifier that knows these classes: its answers teach besides the labels");
    command
        .add_flag("--probe", probe_,
                  "fit one linear layer on the features of the frozen backbone of --init: seconds, not epochs")
        ->excludes(teacher);
  }
  void put(Json& settings) const override {
    if (data_root_) merge_json(settings, {{"data", {{"root", *data_root_}}}});
    if (teacher_) merge_json(settings, {{"teaching", {{"teacher", *teacher_}}}});
  }

  std::string other_training() const override { return probe_ ? "--probe" : ""; }
  bool may_train_otherwise() const override { return !teacher_; }
  bool trains_otherwise(const Json& settings) const override { return settings.contains("probe"); }
  int train_otherwise(const Json& settings, const RunSettings& run, TrainObserver& observer,
                      const SignalStop& stop) const override {
    const TrainResult result = train_probe(settings, run.data, run.out, observer, resume_options(run), stop.flag());
    return tell_probe_result(result, classification_task()->score_words(result.score_name), stop);
  }

 private:
  std::optional<std::string> data_root_, teacher_;
  bool probe_ = false;
};

}  // namespace

void add_classify_train(CLI::App& parent, Run& run) {
  add_train_command(parent, run, "classify", "multipole classify train --data photos --out runs/first --epochs 20",
                    std::make_shared<ClassifyOptions>());
}

}  // namespace multipole
