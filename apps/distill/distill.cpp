#include "apps/distill/distill.h"

#include <memory>
#include <string>

#include "apps/training/train_command.h"

namespace multipole {
namespace {

class DistillOptions : public TaskOptions {
 public:
  void add_to(CLI::App& command) override {
    command.add_option("--teacher", teacher_, "model file whose features are to be learned");
  }
  void put(Json& settings) const override {
    if (!teacher_.empty()) merge_json(settings, {{"teacher", teacher_}});
  }

 private:
  std::string teacher_;
};

}  // namespace

void add_distill_commands(CLI::App& program, Run& run) {
  CLI::App* group = add_command(program, "distill", "teach a backbone what another model sees, without labels",
                                "multipole distill train --teacher vit.safetensors --data photos --out runs/distilled");
  add_train_command(*group, run, "distill",
                    "multipole distill train --teacher vit.safetensors --data photos --out runs/distilled",
                    std::make_shared<DistillOptions>());
}

}  // namespace multipole
