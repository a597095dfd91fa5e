#include <memory>
#include <optional>

#include "apps/classify/classify.h"
#include "apps/training/train_command.h"
#include "datasets/sources/labelled_pictures.h"

namespace multipole {
namespace {

class ClassifyOptions : public TaskOptions {
 public:
  void add_to(CLI::App& command) override { command.add_option("--data-root", data_root_, data_root_option_help()); }
  void put(Json& settings) const override {
    if (data_root_) merge_json(settings, {{"data", {{"root", *data_root_}}}});
  }

 private:
  std::optional<std::string> data_root_;
};

}  // namespace

void add_classify_train(CLI::App& parent, Run& run) {
  add_train_command(parent, run, "classify", "multipole classify train --data photos --out runs/first --epochs 20",
                    std::make_shared<ClassifyOptions>());
}

}  // namespace multipole
