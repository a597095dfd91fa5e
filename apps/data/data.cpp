#include "apps/data/data.h"

namespace multipole {

void add_data_commands(CLI::App& program, Run& run) {
  CLI::App* group = add_command(program, "data", "make data sets", "multipole data synth --out figures --train 2000");
  add_data_synth(*group, run);
}

}  // namespace multipole
