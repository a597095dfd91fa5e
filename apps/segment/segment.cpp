#include "apps/segment/segment.h"

namespace multipole {

void add_segment_commands(CLI::App& program, [[maybe_unused]] Run& run) {
  [[maybe_unused]] CLI::App* group =
      add_command(program, "segment", "train, evaluate and use models that give every pixel a class",
                  "multipole segment predict --model models/multipole_nano_camvid.safetensors street.jpg --out masks");
}

}  // namespace multipole
