#include "apps/classify/classify.h"

namespace multipole {

void add_classify_commands(CLI::App& program, Run& run) {
  CLI::App* group =
      add_command(program, "classify", "train, evaluate and use classifiers of pictures",
                  "multipole classify predict --model models/multipole_nano_cifar10.safetensors photo.jpg");
  add_classify_train(*group, run);
  add_classify_eval(*group, run);
  add_classify_predict(*group, run);
}

}  // namespace multipole
