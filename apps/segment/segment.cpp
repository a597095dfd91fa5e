#include "apps/segment/segment.h"

namespace multipole {

void add_segment_commands(CLI::App& program, Run& run) {
  CLI::App* group =
      add_command(program, "segment", "train, evaluate and use models that give every pixel a class",
                  "multipole segment predict --model models/multipole_nano_camvid.safetensors street.jpg --out masks");
  add_segment_train(*group, run);
  add_segment_eval(*group, run);
  add_segment_predict(*group, run);
  add_segment_vectorize(*group, run);
}

}  // namespace multipole
